import type { FileReaders } from '../attachments/reader.ts';
import type { Slots } from '../attachments/slots.ts';
import type { AudioStore } from '../audio/audio-store.ts';
import type { Clock } from '../clock.ts';
import type { SessionSettings } from '../config/config.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';
import { apology, wordingFor } from '../messages/messages.ts';
import type { SessionPool } from '../realtime/pool.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { TurnWatch } from '../telemetry/turn-watch.ts';
import type { Leases } from './leases.ts';
import type { TurnRate } from './limits/turn-rate.ts';
import type { MessageName, PendingStore } from './pending-store.ts';
import type { Invitations } from './recordings/invitations.ts';
import type { Reply, Respond, TalkWay } from './reply.ts';
import type { Spending } from './spending.ts';
import type { FetchFile, TurnReference, UserMessage } from './user-message.ts';

/** What answering a turn takes. */
export interface AnswerDeps {
  readonly pool: SessionPool;
  readonly leases: Leases;
  readonly pending: PendingStore;
  readonly audioStore: AudioStore;
  readonly invitations: Invitations;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly random: () => number;
  /** As configured; a conversation may have chosen otherwise. */
  readonly settings: SessionSettings;
  readonly historyTurns: number;
  readonly turnTimeoutMs: number;
  readonly rate: TurnRate;
  readonly spending: Spending;
  /** What reads the files that people send, and what gets them. */
  readonly readers: FileReaders;
  readonly fetchFile: FetchFile;
  readonly fileSlots: Slots;
  /** The way back to whoever sent a message, also one that another process accepted. */
  readonly later: (reference: TurnReference) => Respond;
  /** How whoever sent a message gets to the page on which to speak. */
  readonly wayToTalk: (turn: UserMessage) => TalkWay;
  /** Whether this process is about to answer a message, or to refuse it. */
  readonly isHere: (message: MessageName) => boolean;
  /** Aborted, with a TurnError, when this process waits for nothing any more. */
  readonly drained: AbortSignal;
}

/** What one turn takes. */
export interface TurnDeps extends AnswerDeps {
  readonly turnId: string;
  /** Without the names of the turn, which `log` puts into its lines. */
  readonly processLog: Logger;
  readonly watch: TurnWatch;
}

/** The same with a name of its own in the log and in telemetry. */
export function withTurn(turn: UserMessage, deps: AnswerDeps): TurnDeps {
  const turnId = deps.ids.secret();
  const { channel, key: conversation, activityId: activity } = turn;
  return {
    ...deps,
    turnId,
    processLog: deps.log,
    log: deps.log.child({ channel, conversation, activity, turn: turnId }),
    watch: deps.telemetry.turn({ key: conversation, channel, turnId }),
  };
}

/** Whatever goes wrong, the user gets an answer. */
export function apologize(err: unknown, { locale }: UserMessage, { ids, log }: Pick<AnswerDeps, 'ids' | 'log'>): Reply {
  const incident = ids.incident();
  log.error({ err, incident }, 'turn broke');
  return { text: apology('internal', incident, wordingFor(locale)), audio: undefined };
}
