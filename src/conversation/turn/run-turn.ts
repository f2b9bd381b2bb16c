import { StoreError, TurnError } from '../../errors.ts';
import { failedResult } from '../../realtime/generate-response.ts';
import { errorOf } from '../../realtime/outcome.ts';
import { messageId } from '../keys.ts';
import type { SaveResult } from '../queue/turn-queue.ts';
import { isKnown } from '../record-after.ts';
import type { ConversationRecord, Edit } from '../records.ts';
import type { Reply, ReplySink } from '../reply.ts';
import type { Services } from '../services.ts';
import { validateMessage } from '../validate-message.ts';
import { composeReply } from './compose-reply.ts';
import { abandon, deadLetter, deliver, refuse, release, resend, settle } from './deliver.ts';
import { isEmpty, toPrompt } from './prompt.ts';
import { NO_ATTACHMENTS, type ReadAttachments, readAttachments } from './read-attachments.ts';
import { overBudget, tooFast, unreadable } from './refusals.ts';
import { costsOf, respond } from './respond.ts';
import type { TurnContext } from './turn-context.ts';
import { turnEdit } from './turn-edit.ts';
import type { Asked, Refused, TurnResult } from './turn-result.ts';

/** A message whose attempts have ended their process so often is given up. */
const MAX_ATTEMPTS = 3;

/** Runs one turn: from a dequeued message to a delivered reply. Never rejects: every end is a result. */
export async function runTurn(turn: TurnContext, services: Services): Promise<TurnResult> {
  const result = await attempt(turn, services).catch((error: unknown) => abandon(error, turn, services));
  // Once the way back is closed: another attempt may begin to send at once.
  if (result.kind === 'released') await release(turn);
  return result;
}

async function attempt(turn: TurnContext, services: Services): Promise<TurnResult> {
  const { job, message } = turn;
  const start = await turn.stored(() => job.begin());
  if (start.kind === 'superseded') return start;
  if (start.kind === 'stopped') return abandon(new TurnError('cancelled', 'the user stopped it'), turn, services);
  if (isKnown(start.record, message.activityId)) {
    await turn.stored(() => job.complete());
    return { kind: 'answeredBefore' };
  }
  if (start.attempt > MAX_ATTEMPTS) return deadLetter(turn);
  return turn.open(start, async (sink) => {
    const result = await reply(start.record, sink, turn, services);
    if (result.kind === 'superseded') sink.abandon();
    return result;
  });
}

async function reply(
  record: ConversationRecord,
  sink: ReplySink,
  turn: TurnContext,
  services: Services,
): Promise<TurnResult> {
  const { message } = turn;
  const { unsent } = record; // a crash came between saving and sending
  if (unsent?.message === messageId(message)) return resend(unsent, sink, turn, services);
  const refused = validateMessage(message) ?? tooFast(message, services);
  if (refused !== undefined) return refuse(refused, sink, turn);
  return answer(record, sink, turn, services);
}

/** Asks the model, saves its answer, and delivers it. */
async function answer(
  record: ConversationRecord,
  sink: ReplySink,
  turn: TurnContext,
  services: Services,
): Promise<TurnResult> {
  const hideActivity = sink.showActivity();
  try {
    const asked = await ask(record, sink, turn, services); // live text goes out meanwhile
    if ('reason' in asked) {
      hideActivity();
      return await refuse(asked, sink, turn);
    }
    const { model, costUsd } = asked.response;
    const ended = await endWithoutReply(asked, turn, services);
    if (ended !== undefined) return { ...ended, model };

    const reply = await composeReply(asked, record, turn, services);
    const edit = turnEdit(asked, reply, record, turn, services);
    const saved = await save(edit, turn);
    if (saved === 'superseded') return { kind: 'superseded', model };
    hideActivity();
    const audible = saved === 'obsolete' ? await withoutAudio(reply, turn, services) : reply;
    return await deliver({ reply: audible, costUsd }, { kind: 'answered', model }, sink, turn, services);
  } finally {
    hideActivity();
  }
}

/** Reads what came along, reserves what an answer may cost, and asks the model; or says why it is not asked. */
async function ask(
  record: ConversationRecord,
  sink: ReplySink,
  turn: TurnContext,
  services: Services,
): Promise<Asked | Refused> {
  const { message, job } = turn;
  const signal = AbortSignal.any([job.signal, sink.stopped]);
  let attachments = NO_ATTACHMENTS;
  try {
    attachments = await readSent(turn, services, signal);
    if (isEmpty(message, attachments)) return await unreadable(attachments, turn, services);
    const isWarm = services.sessions.isWarm(message.key, record.lastTurn);
    const prompt = toPrompt(message, attachments, record, services.settings, isWarm);
    const allowance = await turn.stored(() => services.spending.reserve(costsOf(prompt, job)), signal);
    if ('budget' in allowance) return overBudget(allowance, turn);
    const response = await respond(prompt, allowance, signal, sink, turn, services);
    return { attachments, response };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { attachments, response: { model: failedResult(signal.reason), costUsd: 0 } };
  }
}

/** What came along with the message. */
async function readSent(turn: TurnContext, services: Services, signal: AbortSignal): Promise<ReadAttachments> {
  const { message, log, telemetry } = turn;
  if (message.attachments.length === 0) return NO_ATTACHMENTS;
  return telemetry.step('read', () => readAttachments(message, services, log, signal));
}

/** A request that is open gets its answer also when that cannot be saved: nobody else can give it. */
async function save(edit: Edit, turn: TurnContext): Promise<SaveResult> {
  try {
    return await turn.storedAtEnd(() => turn.job.save(edit));
  } catch (err) {
    if (!turn.message.isInBand || !(err instanceof StoreError)) throw err;
    turn.log.warn({ err }, 'turn not saved');
    return 'saved';
  }
}

/** For reasons of this process nothing was said: another attempt answers. `undefined`: the user gets a reply. */
async function endWithoutReply(
  { response: { model, costUsd } }: Asked,
  turn: TurnContext,
  services: Services,
): Promise<Extract<TurnResult, { kind: 'released' | 'superseded' }> | undefined> {
  const code = model.outcome.kind === 'failed' ? errorOf(model.outcome)?.code : undefined;
  if (code === 'claim_lost') return { kind: 'superseded' };
  if (code !== 'shutting_down' || !turn.job.isTransferable) return undefined;
  await settle(costUsd, turn, services);
  return { kind: 'released' };
}

/** The conversation was reset or forgotten meanwhile: nothing of the turn is kept. */
async function withoutAudio(reply: Reply, { log }: TurnContext, { audioStore }: Services): Promise<Reply> {
  const id = reply.audio?.stored?.id;
  if (id === undefined) return reply;
  await audioStore.remove(id).catch((err: unknown) => log.warn({ err }, 'reply audio not removed'));
  return { ...reply, audio: undefined };
}
