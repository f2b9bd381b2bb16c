import { TurnError } from '../../errors.ts';
import { activityDigest } from '../keys.ts';
import { MAX_ATTEMPTS } from '../queue/turn-queue.ts';
import { isHandled } from '../records.ts';
import { composeReply } from './compose-reply.ts';
import { deadLetter, deliver, discardStored, endAnswered, endEarly, refuse, resend } from './deliver.ts';
import { isEmpty, toPrompt } from './prompt.ts';
import { readAttachments } from './read-attachments.ts';
import { reserve, respond } from './respond.ts';
import type { Turn } from './turn.ts';
import { findDecision } from './turn-approvals.ts';
import { turnEdit } from './turn-edit.ts';
import type { TurnResult } from './turn-result.ts';
import { budgetRefusal, checkRate, unreadableRefusal, validateMessage } from './validate-message.ts';

/** Runs one turn: from a dequeued message to a delivered reply. Never rejects: every end is a result. */
export async function runTurn(turn: Turn): Promise<TurnResult> {
  const result = await answer(turn).catch((error: unknown) => endEarly(error, turn));
  if (result.kind === 'superseded') turn.abandonStream();
  await turn.close();
  // Not before the sender is closed: another attempt may send at once. If the release fails, the claim expires.
  if (result.kind === 'released') await turn.orLog(turn.job.release(), 'turn not released');
  return result;
}

/** Rejects with what has ended the turn before it had a reply. */
async function answer(turn: Turn): Promise<TurnResult> {
  const { job, message, services } = turn;
  const start = await turn.retryStore(() => job.begin());
  if (start.kind === 'superseded') return start;
  if (start.kind === 'stopped') throw new TurnError('cancelled', 'the user stopped it');
  const { record, attempt, streamId } = start;
  const { unsent } = record;
  if (isHandled(record, message.activityId)) return endAnswered(turn);
  if (attempt > MAX_ATTEMPTS) return deadLetter(record, turn);
  // An earlier attempt saved this reply and crashed before sending it.
  if (unsent?.messageId === activityDigest(message)) return resend(unsent, streamId, turn);

  const sender = await turn.sender(streamId);
  const refused = validateMessage(turn) ?? checkRate(turn);
  if (refused !== undefined) return refuse(refused, turn);

  sender.showActivity();
  const attachments = await readAttachments(turn);
  if (isEmpty(message, attachments)) return refuse(await unreadableRefusal(attachments, turn), turn);

  // A decision is about a tool that was listed before, maybe by an earlier process.
  if (message.approvalId !== undefined) await services.tools.waitForServers(turn.signal);
  const tools = await services.tools.setFor(message.verifiedIds ?? [], message.scope);
  const decided = await findDecision(tools, turn);
  if (decided?.kind === 'refused') return refuse(decided, turn);
  const prompt = toPrompt({ attachments, record, tools, decided }, turn);
  const allowance = await reserve(prompt, turn);
  if (allowance.kind === 'overBudget') return refuse(await budgetRefusal(allowance, decided, turn), turn);

  const modelAnswer = await respond(prompt, allowance, turn); // live text goes out meanwhile
  const reply = await composeReply(modelAnswer, prompt, turn);

  const saved = await turn.save(turnEdit(modelAnswer, reply, prompt, turn));
  if (saved === 'superseded') return { kind: 'superseded' };
  const current = saved === 'obsolete' ? await discardStored(reply, turn) : reply;
  return deliver(current, { kind: 'answered', modelResult: modelAnswer.modelResult }, turn);
}
