import { BYTES_PER_SECOND } from '../audio/pcm.ts';
import type { SessionSettings } from '../config.ts';
import type { Logger } from '../log.ts';
import { errorOf } from '../realtime/outcome.ts';
import type { ServerEvent } from '../realtime/server-event.ts';
import type { TurnInput } from '../realtime/session.ts';
import type { TurnResult } from '../realtime/turn-result.ts';
import type { TurnWatch } from '../telemetry/turn-watch.ts';
import { addUsage } from '../token-usage.ts';
import { wordingFor } from '../wording.ts';
import { generate } from './generate.ts';
import { historyText, nextMemory } from './history.ts';
import { LiveText } from './live-text.ts';
import { aboutPeople, itemText, speakerOf } from './people.ts';
import type { ConversationRecord, ConversationUsage } from './records.ts';
import { toReply } from './reply.ts';
import type { Allowance } from './spending.ts';
import type { Reply, ReplySink, UserTurn } from './turn.ts';
import type { TurnDeps } from './turn-deps.ts';

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
  turn: UserTurn,
  stored: ConversationRecord,
  stopping: AbortSignal,
  sink: ReplySink,
  deps: TurnDeps,
): Promise<Answer> {
  const { clock, ids, log, pool, spending, turnId } = deps;
  const startedMs = clock.now();
  const record = pool.isWarm(turn.key) ? stored : withoutContext(stored);
  const settings = chosen(record, deps.settings);
  const about = aboutPeople(turn);
  const text = () => [settings.instructions, about, historyText(record.history), itemText(turn)];
  const allowed = spending.allow({ key: turn.key, record, settings, text });
  if (typeof allowed === 'string') {
    log.warn({ budget: allowed }, 'over budget, refused');
    deps.watch.ended('refused');
    const reply = { text: wordingFor(turn.locale).limits[allowed], audio: undefined };
    return { reply, remembered: {}, isUndone: false };
  }
  const signal = AbortSignal.any([stopping, sink.stopped]);
  const input: TurnInput = {
    ...{ turnId, about, settings, log, text: itemText(turn), onEvent: followedBy(sink, settings, deps) },
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
  const incident = ids.incident();
  logOutcome(result, incident, clock.now() - startedMs, log);
  noteOutcome(result, deps.watch);
  const said = { user: turn.text, name: speakerOf(turn), activityId: turn.activityId };
  const memory = nextMemory(record, said, result, deps.historyTurns);
  const reply = await toReply(result.outcome, { turn, library: deps.library, log, incident });
  const usage = usageAfter(record.usage, result, reply);
  return { reply, remembered: { ...memory, usage }, isUndone: isUndone(result) };
}

function isUndone({ outcome }: TurnResult): boolean {
  return outcome.kind === 'failed' && ['shutting_down', 'runner_lost'].includes(outcome.error.code);
}

/** Shows the text while it is made. */
function followedBy(sink: ReplySink, { modality }: SessionSettings, { turnId, watch }: TurnDeps) {
  const live = new LiveText(turnId, modality);
  return (event: ServerEvent) => {
    if (event.kind === 'audioDelta') watch.firstAudio();
    if (!live.accept(event)) return;
    watch.firstText();
    sink.showText(() => live.text());
  };
}

async function settled(work: Promise<TurnResult>, allowance: Allowance): Promise<TurnResult> {
  let result: TurnResult | undefined;
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

function usageAfter(usage: ConversationUsage, result: TurnResult, { audio }: Reply): ConversationUsage {
  return {
    ...usage,
    turns: usage.turns + 1,
    audioMs: usage.audioMs + (audio?.durationMs ?? 0),
    tokens: addUsage(usage.tokens, result.usage),
    context: { ...usage.context, ...(result.contextTokens ?? NO_CONTEXT) },
  };
}

function noteOutcome({ outcome, usage }: TurnResult, watch: TurnWatch): void {
  const bytes = outcome.kind === 'spoken' || outcome.kind === 'cutShort' ? outcome.pcm.byteLength : 0;
  watch.used(usage, bytes / BYTES_PER_SECOND);
  watch.ended(outcome.kind, errorOf(outcome)?.code);
}

function logOutcome({ outcome, responseId }: TurnResult, incident: string, ms: number, log: Logger): void {
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
