import type { StoredAudio } from '../audio/audio-store.ts';
import type { Source } from '../tools/tool.ts';
import type { Approval } from './approvals/approval.ts';
import type { RecordingLink } from './user-message.ts';

/** A finished answer, still without a channel's form. */
export interface Reply {
  /** Empty if the turn was cancelled before it had a text: then a stream that has begun is only ended. */
  readonly text: string;
  /**
   * True: `text` goes below what was already shown. False: `text` is the whole answer and begins with what was shown.
   */
  readonly addsToShown?: boolean | undefined;
  /** The model's own words, which some channels want to have marked. */
  readonly isFromModel?: boolean | undefined;
  readonly audio?: ReplyAudio | undefined;
  /** What it rests on, below the text. */
  readonly sources?: readonly Source[] | undefined;
  /** The calls that the user is asked to approve, each on a card or in words. */
  readonly approvals?: readonly Approval[] | undefined;
  /** The voices that the user may choose from, below the text. */
  readonly voiceChoice?: VoiceChoice;
  /** The link to the recording page, below the text. */
  readonly recordingLink?: RecordingLink;
}

export interface VoiceChoice {
  readonly voices: readonly string[];
  readonly current: string;
}

export interface ReplyAudio {
  /** The stored audio; `undefined` if it could not be stored. */
  readonly stored: StoredAudio | undefined;
  readonly wav: Buffer;
  readonly durationMs: number;
}

/** How a user gets to the recording page. */
export type RecordingAccess =
  /** In a dialog of the client, which tells who opens it. */
  | 'dialog'
  | 'link'
  /** The page is not offered here: several people would have one person's link. */
  | 'shared'
  /** The page cannot be opened: the client does not reach the bot, or the answer could not be sent. */
  | 'unreachable';

/** Whether the user can open the recording page. */
export function canOpenPage(access: RecordingAccess): boolean {
  return access === 'dialog' || access === 'link';
}

/** Sends the answer of one turn to its user. */
export interface ReplySender {
  /** Shows that the bot is at work, until an answer is sent or the sender is closed. Never throws. */
  showActivity(): void;
  /** Shows what the bot does, where the channel can, until the answer is shown. Never throws. */
  showProgress(text: string): void;
  /** Shows the answer while it is made: `read` gives all of its text so far, which only ever grows. Never throws. */
  showText(read: () => string): void;
  /** Whether `showText` shows anything: many channels do not, and some find out when they try. */
  readonly showsText: boolean;
  /** Whether the user may have seen any of the answer. */
  readonly mayHaveBeenSeen: boolean;
  /** Aborted, with a TurnError, when the user presses the Stop button where the answer is shown. */
  readonly stopped: AbortSignal;
  /** Tells the user something. After it, the answer goes in a message of its own. Rejects like `send`. */
  notify(text: string): Promise<void>;
  /** Leaves the stream to the attempt that now has the turn. */
  abandon(): void;
  /** Sends the answer; what was shown of it stays, see `addsToShown`. Rejects if the channel refuses it. */
  send(reply: Reply): Promise<void>;
}

/** What is stored of the turn's stream on the channel; see `saveStreamId` of a job. */
export interface StreamRecord {
  /** The stream of an earlier attempt, which the answer replaces. */
  readonly earlierId: string | undefined;
  /** Called with the id of the stream that this attempt begins. */
  readonly onBegun: (streamId: string) => void;
}

/** Opens a sender, runs `work` with it, and closes it. How depends on the channel and the delivery mode. */
export type WithReplySender = <T>(work: (sender: ReplySender) => Promise<T>, streamRecord?: StreamRecord) => Promise<T>;
