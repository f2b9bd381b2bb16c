import type { FileReaders } from '../attachments/reader.ts';
import type { Semaphore } from '../attachments/semaphore.ts';
import type { AudioStore } from '../audio/audio-store.ts';
import type { Clock } from '../clock.ts';
import type { SessionSettings } from '../config/config.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { SessionPool } from '../realtime/pool.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { AuditStore } from '../tools/audit.ts';
import type { Tools } from '../tools/tools.ts';
import type { ApprovalStore } from './approvals/approval.ts';
import type { ConversationStore } from './conversation-store.ts';
import type { Spending } from './limits/spending.ts';
import type { TurnRate } from './limits/turn-rate.ts';
import type { TurnQueue } from './queue/turn-queue.ts';
import type { RecordingLinks } from './recordings/recording-links.ts';
import type { RecordingAccess, WithReplySender } from './reply.ts';
import type { FetchFile, MessageReference, UserMessage } from './user-message.ts';

/** What the channel does for conversations. */
export interface ChannelServices {
  /** Opens a sender that calls the channel. Works on any instance, also after the request has ended. */
  readonly byChannelCall: (reference: MessageReference) => WithReplySender;
  /** How the user who sent a message gets to the recording page. */
  readonly recordingAccess: (message: UserMessage) => RecordingAccess;
  /** Whether the user who sent a message gets cards with buttons. */
  readonly showsCards: (message: UserMessage) => boolean;
}

export interface FileServices {
  readonly readers: FileReaders;
  readonly fetch: FetchFile;
  /** Has the bounds `FILE_BOUNDS`, and serves all conversations. */
  readonly semaphore: Semaphore;
}

/** Everything that turns and commands use. Made once, by the app. */
export interface Services {
  readonly queue: TurnQueue;
  readonly conversationStore: ConversationStore;
  readonly recordingLinks: RecordingLinks;
  readonly audioStore: AudioStore;
  readonly spending: Spending;
  readonly rate: TurnRate;
  readonly sessions: SessionPool;
  readonly tools: Tools;
  readonly audit: AuditStore;
  readonly approvalStore: ApprovalStore;
  /** The people who may decide about the calls of others, by their verified ids. */
  readonly toolApprovers: readonly string[];
  readonly files: FileServices;
  readonly channel: ChannelServices;
  /** The configured settings; a conversation may have chosen others. */
  readonly settings: SessionSettings;
  /** How many turns the history keeps. */
  readonly historyTurns: number;
  /** Limit of the model's part of a turn, over all of its attempts. */
  readonly turnTimeoutMs: number;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Returns a number from 0 up to 1, which spreads the retries of many conversations. */
  readonly random: () => number;
}
