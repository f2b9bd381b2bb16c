import type { ConversationRecord, Edit } from '../records.ts';
import type { UserMessage } from '../user-message.ts';

/** How many messages of one conversation may wait behind the running turn. */
export const MAX_WAITING = 16;
/**
 * How many messages of one person may wait over all conversations; see `personKey` of a message. In this and the
 * following bounds the memory queue counts messages that run, too.
 */
export const MAX_WAITING_PER_PERSON = 64;
/**
 * How many messages may wait over all conversations, and what they hold together: a data URI contains its file. People
 * whom no channel verifies share half of both; see `unverifiedShare`.
 */
export const MAX_WAITING_IN_ALL = 5_000;
export const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** A message of which this many attempts have crashed the process is dead-lettered. */
export const MAX_ATTEMPTS = 3;

/**
 * What became of a message. `queued`: it will be answered. `duplicate`: it was accepted before. `queueFull`: too many
 * wait in its conversation, or of its person; the queue knows it from now on and never answers it, so the caller tells
 * the user. `busy`: too many wait over all conversations; nothing of it is stored, and it may be delivered again.
 */
export type AddResult = 'queued' | 'duplicate' | 'queueFull' | 'busy';

export interface AddedTurn {
  readonly result: AddResult;
  /** If the message expects replies, resolves when its turn has ended, or never begins; else it is resolved already. */
  readonly done: Promise<void>;
}

/**
 * Whether the record was changed. `obsolete`: the conversation was reset or forgotten since the turn began; nothing was
 * written, and the turn may still deliver. `superseded`: another attempt has the turn; nothing may be delivered.
 */
export type SaveResult = 'saved' | 'obsolete' | 'superseded';

export interface CompleteOptions {
  /** Whether the reply is out. Then the message is known as answered also when superseded. Default: false. */
  readonly isDelivered?: boolean;
}

/** Waiting messages that were cancelled. */
export interface CancelledMessages {
  /** How many they were, without decisions about calls. */
  readonly count: number;
  /** The approvals whose decisions were among them. */
  readonly approvalIds: readonly string[];
}

/** What a turn begins with. */
export interface Begun {
  readonly kind: 'begun';
  readonly record: ConversationRecord;
  /**
   * 1 for the first. Attempts that an outage or a shutdown ended are not counted; Infinity if the queue gives
   * the message up whatever the count.
   */
  readonly attempt: number;
  /** The stream that an earlier attempt has begun to show; see `saveStreamId`. */
  readonly streamId: string | undefined;
}

/**
 * How a turn starts. `stopped`: its conversation was stopped or forgotten since the message was accepted; the caller
 * completes the turn and answers nothing. `superseded`: another attempt has the turn.
 */
export type TurnStart = Begun | { readonly kind: 'stopped' } | { readonly kind: 'superseded' };

/**
 * One attempt at a message: its claim to the turn. All calls reject with a StoreError when the store cannot be reached,
 * and are safe to call again then.
 */
export interface TurnJob {
  /** Names the turn over all of its attempts. */
  readonly id: string;
  readonly message: UserMessage;
  /** Milliseconds since the epoch, by the clock of the store. */
  readonly acceptedAtMs: number;
  /** Aborted with a TurnError: `cancelled` by `/stop`, `claim_lost` to another attempt, or `shutting_down`. */
  readonly signal: AbortSignal;
  /** Whether another instance answers the message when this attempt is released. */
  readonly isTransferable: boolean;
  /** Whether an earlier attempt has had the message, also one that did not count. */
  readonly isRetry: boolean;
  /** Reads the record and counts the attempt. */
  begin(): Promise<TurnStart>;
  /** Applies an edit to the newest record, as long as the claim holds. The edit may run more than once. */
  save(edit: Edit): Promise<SaveResult>;
  /**
   * Ends the turn: its message is known as answered, and its saved reply is removed from the record. False when
   * superseded. After it the message is never attempted again.
   */
  complete(options?: CompleteOptions): Promise<boolean>;
  /** Works as `complete`, and also puts the message where an operator finds it: it cannot be answered. */
  deadLetter(): Promise<boolean>;
  /** Gives the turn back, to be attempted again at once. Does not count as an attempt. */
  release(): Promise<void>;
  /** Keeps the id of the channel's stream, so that a later attempt can end that stream. Never rejects. */
  saveStreamId(streamId: string): void;
}

/** Accepted messages: first in, first out within a conversation, one turn at a time; conversations side by side. */
export interface TurnQueue {
  /**
   * Accepts a message; within a conversation they are queued in the order in which `add` was called. Rejects with a
   * StoreError within 5 s when the store cannot be reached; then nothing is stored, as far as the store can tell. The
   * turn of a message that expects replies runs on this instance, in order with the other such messages of its
   * conversation. Its order with other messages is not promised.
   */
  add(message: UserMessage): Promise<AddedTurn>;
  /** Whether a message that is added now finds room in its conversation, and in the share of its person. */
  hasRoom(message: Pick<UserMessage, 'key' | 'personKey'>): Promise<boolean>;
  /** Whether the turn of a message waits or runs. */
  hasTurn(message: UserMessage): Promise<boolean>;
  /** Begins to hand out turns. `run` must not reject. */
  start(run: (job: TurnJob) => Promise<void>): void;
  /**
   * Hands out nothing more. `dismiss` gets each message that waits here and that nobody else will answer; it must not
   * reject. Running turns have `graceMs` milliseconds to end, then their signals are aborted with `shutting_down`.
   * Resolves when none runs.
   */
  drain(graceMs: number, dismiss: (message: UserMessage) => Promise<void>): Promise<void>;
}
