import type { UserMessage } from './user-message.ts';

/** What names a message. */
export type MessageName = Pick<UserMessage, 'key' | 'activityId'>;

/** A message that was accepted, as it is kept until it is answered. */
export interface PendingMessage {
  readonly turn: UserMessage;
  /** By the clock of the instance that accepted it. */
  readonly acceptedAtMs: number;
  /** How often an instance has set out to answer it, the one that accepted it included. */
  readonly tries: number;
}

/** A kept message, seen from outside. */
export interface PendingEntry {
  readonly name: string;
  /** The same for all messages of one conversation; not its key. */
  readonly conversation: string;
  readonly tag: string;
  readonly acceptedAtMs: number;
  readonly tries: number;
  /** Of the last instance that set out to answer it, by the clock of the store. */
  readonly touchedAtMs: number;
  /** It is answered, and stands there so that it is not accepted again. */
  readonly isDone: boolean;
}

/**
 * Accepted messages, until they are answered. Rejects with a StoreError as in storage/blobs.ts. All calls but `take`
 * are safe to call again.
 */
export interface PendingStore {
  /** Whether other instances see what is kept here, and whether it outlives this process. */
  readonly isShared: boolean;
  /** Keeps a message; false when it is there already, or was finished a while ago. */
  add(turn: UserMessage): Promise<boolean>;
  /** Whether it is still to be answered: false once it was answered, stopped or withdrawn, by any instance. */
  has(message: MessageName): Promise<boolean>;
  /** Forgets it: its answer is out, and stands in the conversation's record. */
  remove(message: MessageName): Promise<void>;
  /** Its answer is out and in no record: it stays known for a while as done. */
  finish(message: MessageName): Promise<void>;
  /** All that are kept, or those of one conversation; the first accepted first. */
  list(key?: string): Promise<readonly PendingEntry[]>;
  /** `undefined` when it is gone. */
  read(entry: PendingEntry): Promise<PendingMessage | undefined>;
  /** Counts one more try; false when another instance has touched it since it was listed. */
  take(entry: PendingEntry): Promise<boolean>;
  /** Of one that is listed: it was stopped, and stays known for a while as done; or it is long done, and forgotten. */
  discard(entry: PendingEntry): Promise<void>;
  /** Deletes what was put aside of a conversation. */
  forget(key: string): Promise<void>;
  /** Puts it aside for the operator: it could not be answered. */
  fail(message: MessageName): Promise<void>;
}
