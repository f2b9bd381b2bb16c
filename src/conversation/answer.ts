import type { AudioLibrary } from '../audio/library.ts';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { SessionPool } from '../realtime/pool.ts';
import type { ServerEvent } from '../realtime/server-event.ts';
import type { TurnResult } from '../realtime/turn-result.ts';
import { apology, wordingFor } from '../wording.ts';
import { generate } from './generate.ts';
import { historyText, nextMemory } from './history.ts';
import { LiveText } from './live-text.ts';
import { aboutPeople, itemText, speakerOf } from './people.ts';
import type { RecordStore } from './records.ts';
import { toReply } from './reply.ts';
import type { Reply, ReplySink, UserTurn } from './turn.ts';

/** A longer message is refused: it would crowd out all that was said before. */
export const MOST_TEXT_CHARS = 20_000;

/** What answering a turn takes. */
export interface AnswerDeps {
  readonly pool: SessionPool;
  readonly records: RecordStore;
  readonly library: AudioLibrary;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly random: () => number;
  readonly historyTurns: number;
  readonly turnTimeoutMs: number;
}

/** Answers one turn: asks the model, keeps what was said, sends the reply. Rejects when it could not be sent. */
export async function answer(turn: UserTurn, sink: ReplySink, stopping: AbortSignal, deps: AnswerDeps): Promise<void> {
  const turnId = deps.ids.secret();
  const log = deps.log.child({
    channel: turn.channel,
    conversation: turn.key,
    activity: turn.activityId,
    turn: turnId,
  });
  const quick = unanswerable(turn);
  if (quick !== undefined) {
    if (!turn.isAllowed)
      log.info({ user: turn.user.id, aadObjectId: turn.user.aadObjectId }, 'not in ALLOWED_USERS or ALLOWED_TENANTS');
    return sink.send(quick);
  }
  const stopActivity = sink.showActivity();
  try {
    const own = { ...deps, log };
    const reply = await ask(turn, turnId, stopping, sink, own).catch((err: unknown) => apologize(err, turn, own));
    stopActivity();
    await sink.send(reply);
  } finally {
    stopActivity();
  }
}

/** Messages that need no model. */
function unanswerable({ text, isAllowed, locale }: UserTurn): Reply | undefined {
  const words = wordingFor(locale);
  if (!isAllowed) return { text: words.notAllowed, audio: undefined };
  if (text === '') return { text: words.textMissing, audio: undefined };
  if (text.length > MOST_TEXT_CHARS) {
    return { text: words.textTooLong(MOST_TEXT_CHARS.toLocaleString(words.language)), audio: undefined };
  }
  return undefined;
}

/** Whatever goes wrong, the user gets an answer. */
function apologize(err: unknown, { locale }: UserTurn, { ids, log }: AnswerDeps): Reply {
  const incident = ids.incident();
  log.error({ err, incident }, 'turn broke');
  return { text: apology('internal', incident, wordingFor(locale)), audio: undefined };
}

async function ask(
  turn: UserTurn,
  turnId: string,
  stopping: AbortSignal,
  sink: ReplySink,
  deps: AnswerDeps,
): Promise<Reply> {
  const { records, clock, ids, log } = deps;
  const startedMs = clock.now();
  const record = await records.read(turn.key);
  const live = new LiveText(turnId);
  const input = {
    turnId,
    onEvent(event: ServerEvent) {
      if (live.accept(event)) sink.showText(() => live.text());
    },
    text: itemText(turn),
    about: aboutPeople(turn),
    log,
    /** Made only where it is read: a warm session needs none. */
    get history() {
      return historyText(record.history);
    },
  };
  const request = {
    key: turn.key,
    input,
    log,
    signal: AbortSignal.any([stopping, sink.stopped]),
    timeoutMs: deps.turnTimeoutMs,
  };
  const result = await generate(request, deps);
  const incident = ids.incident();
  logOutcome(result, incident, clock.now() - startedMs, log);
  const said = { user: turn.text, name: speakerOf(turn), activityId: turn.activityId };
  const memory = nextMemory(record, said, result, deps.historyTurns);
  await records.write(turn.key, { ...record, ...memory }).catch((err: unknown) => {
    log.error({ err }, 'what was said was not kept');
  });
  return toReply(result.outcome, { turn, library: deps.library, log, incident });
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
