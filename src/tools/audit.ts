/**
 * An event of a call. `asked`: the user was asked to allow it. A call that changes something has `began` before it
 * runs, and `done`, `failed` or `unknown` after it. If that is missing, it is unknown whether the call was done.
 */
export type AuditEvent = 'asked' | 'allowed' | 'denied' | 'began' | 'done' | 'failed' | 'unknown';

/** A line of the audit. It holds neither arguments nor results. */
export interface AuditEntry {
  readonly atMs: number;
  readonly event: AuditEvent;
  /** The id of the turn's job. */
  readonly turnId: string;
  readonly conversation: string;
  /** The person who sent the message; `decider` is the person who allowed or denied the call. See `personKey`. */
  readonly asker: string;
  readonly decider: string | undefined;
  readonly tool: string;
  readonly origin: string;
  readonly argumentsHash: string;
}

/** An append-only store with its own retention. Calls reject with a StoreError if it cannot be reached. */
export interface AuditStore {
  append(entry: AuditEntry): Promise<void>;
  /** Returns the entries of all attempts at the turn, in order. */
  ofTurn(turnId: string): Promise<readonly AuditEntry[]>;
  /**
   * Blanks the conversation, the asker and the decider in all entries of this conversation. If a turn with such entries
   * still runs, the entries that it appends later are blanked, too.
   */
  removeNames(conversation: string): Promise<void>;
}
