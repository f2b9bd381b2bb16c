import type { AudioLibrary } from '../audio/library.ts';
import type { Clock } from '../clock.ts';
import type { SessionSettings } from '../config.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { SessionPool } from '../realtime/pool.ts';
import { apology, wordingFor } from '../wording.ts';
import { ask } from './ask.ts';
import type { RecordStore } from './records.ts';
import type { Spending } from './spending.ts';
import type { Reply, ReplySink, UserTurn } from './turn.ts';
import type { TurnRate } from './turn-rate.ts';

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
  /** As configured; a conversation may have chosen otherwise. */
  readonly settings: SessionSettings;
  readonly historyTurns: number;
  readonly turnTimeoutMs: number;
  readonly rate: TurnRate;
  readonly spending: Spending;
}

/**
 * Answers one turn: asks the model, keeps what was said, sends the reply. Rejects when it could not be sent.
 * `stopping` ends it early, with a TurnError as its reason.
 */
export async function answer(turn: UserTurn, sink: ReplySink, stopping: AbortSignal, deps: AnswerDeps): Promise<void> {
  const turnId = deps.ids.secret();
  const log = deps.log.child({
    channel: turn.channel,
    conversation: turn.key,
    activity: turn.activityId,
    turn: turnId,
  });
  const quick = unanswerable(turn, deps.rate);
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

/** Messages that need no model, or may not have it. */
function unanswerable(turn: UserTurn, rate: TurnRate): Reply | undefined {
  const { text, isAllowed, locale } = turn;
  const words = wordingFor(locale);
  const say = (what: string): Reply => ({ text: what, audio: undefined });
  if (!isAllowed) return say(words.notAllowed);
  if (text === '') return say(words.textMissing);
  if (text.length > MOST_TEXT_CHARS) return say(words.textTooLong(MOST_TEXT_CHARS.toLocaleString(words.language)));
  return rate.admit(personOf(turn)) ? undefined : say(words.limits.tooFast);
}

/** One person on one channel, whichever conversation it is. */
function personOf({ channel, user }: UserTurn): string {
  return JSON.stringify([channel, user.aadObjectId ?? user.id]);
}

/** Whatever goes wrong, the user gets an answer. */
export function apologize(err: unknown, { locale }: UserTurn, { ids, log }: Pick<AnswerDeps, 'ids' | 'log'>): Reply {
  const incident = ids.incident();
  log.error({ err, incident }, 'turn broke');
  return { text: apology('internal', incident, wordingFor(locale)), audio: undefined };
}
