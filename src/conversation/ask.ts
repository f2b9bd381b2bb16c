import { BYTES_PER_SECOND } from '../audio/pcm.ts';
import type { SessionSettings } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { wordingFor } from '../messages/messages.ts';
import type { ContentPart } from '../realtime/content.ts';
import type { ModelResult } from '../realtime/model-result.ts';
import { errorOf } from '../realtime/outcome.ts';
import type { TurnInput } from '../realtime/session.ts';
import type { TurnWatch } from '../telemetry/turn-watch.ts';
import { addUsage } from '../token-usage.ts';
import type { OverBudget } from './budgets.ts';
import { historyText, nextMemory } from './history/history.ts';
import type { ConversationRecord, ConversationUsage } from './records.ts';
import type { Reply, ReplySink } from './reply.ts';
import { aboutPeople, itemText, speakerOf } from './speakers.ts';
import type { Allowance } from './spending.ts';
import { failedResult, generate } from './turn/generate-response.ts';
import { type Attached, NOTHING_ATTACHED, readAttached } from './turn/read-attachments.ts';
import { follow, heardLine, paragraphs } from './turn/stream-reply.ts';
import { toReply } from './turn/to-reply.ts';
import type { TurnDeps } from './turn-deps.ts';
import type { UserMessage } from './user-message.ts';

/** What became of asking the model. */
export interface Answer {
  readonly reply: Reply;
  /** What is remembered of the conversation now. */
  readonly remembered: Partial<ConversationRecord>;
  /** Ended before anything was said, for reasons of this process: another one may ask again. */
  readonly isUndone: boolean;
}

/** Asks the model within what the turn may cost, and makes the reply of it. Rejects with no error that is expected. */
export async function ask(
  turn: UserMessage,
  stored: ConversationRecord,
  stopping: AbortSignal,
  sink: ReplySink,
  deps: TurnDeps,
): Promise<Answer> {
  const startedMs = deps.clock.now();
  const signal = AbortSignal.any([stopping, sink.stopped]);
  const asking = { incident: deps.ids.incident(), startedMs, signal };
  let attached = NOTHING_ATTACHED;
  try {
    const read = () => readAttached(turn, deps, signal);
    attached = turn.attachments.length === 0 ? NOTHING_ATTACHED : await deps.watch.step('read', read);
  } catch (reason) {
    return answerOf(turn, stored, failedResult(reason), { ...asking, attached }, deps);
  }
  if (isNothing(turn, attached)) return unread(turn, attached, deps);
  return askModel(turn, stored, { ...asking, attached }, sink, deps);
}

/** All of it is read. */
async function askModel(
  turn: UserMessage,
  stored: ConversationRecord,
  asking: Asked & { readonly signal: AbortSignal },
  sink: ReplySink,
  deps: TurnDeps,
): Promise<Answer> {
  const { log, pool, spending, turnId } = deps;
  const { attached, signal } = asking;
  const record = pool.isWarm(turn.key) ? stored : withoutContext(stored);
  const settings = chosen(record, deps.settings);
  const about = aboutPeople(turn);
  const item = paragraphs(...attached.before, itemText(turn));
  const parts = [...attached.after, ...attached.asides.map((text) => ({ kind: 'text', text }) as const)];
  const text = () => [settings.instructions, about, historyText(record.history), item, ...textsOf(parts)];
  const { soundMs, pictures } = attached;
  const allowed = spending.allow({ key: turn.key, record, settings, text, soundMs, pictures });
  if ('budget' in allowed) return overBudget(turn, allowed, deps);
  const following = follow(turn, attached, sink, settings, deps);
  const input: TurnInput = {
    ...{ turnId, about, settings, log, text: item, attached: parts },
    onEvent: following.onEvent,
    mayAskAgain: () => allowed.mayAskAgain(),
    /** Made only where it is read: a warm session needs none. */
    get history() {
      return historyText(record.history);
    },
  };
  const request = { key: turn.key, input, log, signal, timeoutMs: deps.turnTimeoutMs, watch: deps.watch };
  const result = await settled(generate(request, deps), allowed);
  // What its session holds is not known; of a new one it is.
  if (result.hasUntoldUsage && spending.isBounded) pool.drop(turn.key);
  return answerOf(turn, record, result, { ...asking, above: following.above() }, deps);
}

function overBudget({ locale }: UserMessage, over: OverBudget, { log, watch }: TurnDeps): Answer {
  const rounded = (usd: number) => Number(usd.toFixed(4));
  const amounts = { neededUsd: rounded(over.neededUsd), leftUsd: rounded(over.leftUsd) };
  log.warn({ budget: over.budget, ...amounts }, 'over budget, refused');
  watch.ended('refused');
  return { reply: { text: wordingFor(locale).limits[over.budget], audio: undefined }, remembered: {}, isUndone: false };
}

/** What a turn was asked with. */
interface Asked {
  readonly attached: Attached;
  readonly incident: string;
  readonly startedMs: number;
  /** What was shown above the answer, if anything was shown. */
  readonly above?: string | undefined;
}

/** A model that cannot see or hear says no more than that it does not take the message. */
function hintsOf({ locale }: UserMessage, { outcome }: ModelResult, { soundMs, pictures }: Attached): string[] {
  const isRefused = outcome.kind === 'failed' && outcome.error.code === 'request_rejected';
  return isRefused && soundMs + pictures > 0 ? [wordingFor(locale).attachments.leaveOut] : [];
}

/** What the user gets for it, and what is remembered. */
async function answerOf(
  turn: UserMessage,
  record: ConversationRecord,
  result: ModelResult,
  { attached, incident, startedMs, above }: Asked,
  { clock, audioStore, log, watch, historyTurns, settings }: TurnDeps,
): Promise<Answer> {
  logOutcome(result, incident, clock.now() - startedMs, log);
  noteOutcome(result, watch);
  const user = [turn.text, ...attached.remembered(result.heard)].filter((line) => line !== '').join('\n');
  const said = { user, name: speakerOf(turn), activityId: turn.activityId };
  const memory = nextMemory(record, said, result, historyTurns);
  const answer = await toReply(result.outcome, { turn, audioStore, log, incident });
  const heading = above ?? (answer.isFromModel === true ? heardLine(result.heard, turn) : '');
  const head = answer.addsToShown === true ? '' : heading;
  const voice = voiceAfter(turn, record, result, settings);
  const reply = {
    ...answer,
    text: paragraphs(head, answer.text, ...hintsOf(turn, result, attached), ...attached.notes, ...voice.notes),
  };
  const usage = usageAfter(record.usage, result, reply);
  return { reply, remembered: { ...memory, ...voice.remembered, usage }, isUndone: isUndone(result) };
}

/** Removes a chosen voice that the service refused, and tells the user where the configured one spoke in its place. */
function voiceAfter(
  { locale }: UserMessage,
  { settings: { voice: chosenVoice, ...others } }: ConversationRecord,
  { refusedVoice, outcome }: ModelResult,
  { voice }: SessionSettings,
): { readonly notes: readonly string[]; readonly remembered: Partial<ConversationRecord> } {
  const isReplaced = refusedVoice !== undefined && refusedVoice === chosenVoice && refusedVoice !== voice;
  if (!isReplaced) return { notes: [], remembered: {} };
  const note = wordingFor(locale).commands.voiceRefused(refusedVoice, voice);
  return { notes: outcome.kind === 'failed' ? [] : [note], remembered: { settings: others } };
}

/** Whether there is nothing that a model could be asked. */
function isNothing({ text }: UserMessage, { before, after }: Attached): boolean {
  return text === '' && before.length === 0 && after.length === 0;
}

/** Who has spoken to us in vain is shown where to speak. */
async function unread(turn: UserMessage, { notes }: Attached, deps: TurnDeps): Promise<Answer> {
  deps.watch.ended('unreadable');
  const hasSpoken = turn.attachments.some(({ kind }) => kind === 'teamsVoiceClip');
  const invitation = hasSpoken ? await invitationFor(turn, deps) : undefined;
  const reply = { text: paragraphs(...notes), audio: undefined, ...(invitation && { invitation }) };
  return { reply, remembered: {}, isUndone: false };
}

/** `undefined` where there is no way to its page, or it cannot be kept: what is said does without it. */
async function invitationFor(turn: UserMessage, { invitations, wayToTalk, log }: TurnDeps) {
  if (!['dialog', 'link'].includes(wayToTalk(turn))) return undefined;
  return invitations.create(turn).catch((err: unknown) => {
    log.warn({ err }, 'nobody could be invited');
    return undefined;
  });
}

function textsOf(parts: readonly ContentPart[]): string[] {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
}

function isUndone({ outcome }: ModelResult): boolean {
  return outcome.kind === 'failed' && ['shutting_down', 'claim_lost'].includes(outcome.error.code);
}

async function settled(work: Promise<ModelResult>, allowance: Allowance): Promise<ModelResult> {
  let result: ModelResult | undefined;
  try {
    result = await work;
    return result;
  } finally {
    allowance.settle(result);
  }
}

const NO_CONTEXT = { text: 0, audio: 0 };

function chosen({ settings }: ConversationRecord, configured: SessionSettings): SessionSettings {
  return { ...configured, ...settings };
}

/** What a session held that is not there any more. */
function withoutContext(record: ConversationRecord): ConversationRecord {
  return { ...record, usage: { ...record.usage, context: { ...record.usage.context, ...NO_CONTEXT } } };
}

function usageAfter(usage: ConversationUsage, result: ModelResult, { audio }: Reply): ConversationUsage {
  return {
    ...usage,
    turns: usage.turns + 1,
    audioMs: usage.audioMs + (audio?.durationMs ?? 0),
    tokens: addUsage(usage.tokens, result.usage),
    context: { ...usage.context, ...(result.contextTokens ?? NO_CONTEXT) },
  };
}

function noteOutcome({ outcome, usage }: ModelResult, watch: TurnWatch): void {
  const bytes = outcome.kind === 'spoken' || outcome.kind === 'cutShort' ? outcome.pcm.byteLength : 0;
  watch.used(usage, bytes / BYTES_PER_SECOND);
  watch.ended(outcome.kind, errorOf(outcome)?.code);
}

function logOutcome({ outcome, responseId }: ModelResult, incident: string, ms: number, log: Logger): void {
  const fields = { outcome: outcome.kind, response: responseId, ms };
  switch (outcome.kind) {
    case 'spoken':
      log.info({ ...fields, audioBytes: outcome.pcm.byteLength }, 'turn ended');
      break;
    case 'textOnly':
      log.info(fields, 'turn ended');
      break;
    case 'cutShort':
      log.warn({ ...fields, why: outcome.why, err: outcome.error, audioBytes: outcome.pcm.byteLength }, 'turn ended');
      break;
    case 'failed':
      log.error({ ...fields, incident, code: outcome.error.code, err: outcome.error }, 'turn ended');
      break;
  }
}
