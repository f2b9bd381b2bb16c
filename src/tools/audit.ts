/**
 * What happened to a call. `asked`: its user was asked to allow it. `began` stands before what changes something, and
 * one of the last three after it: where none does, it is not known whether it was done.
 */
export type AuditEvent = 'asked' | 'allowed' | 'denied' | 'began' | 'done' | 'failed' | 'unknown';

/** A line of the audit. Holds no argument and no result. */
export interface AuditEntry {
  readonly atMs: number;
  readonly event: AuditEvent;
  /** The job of the turn. */
  readonly turnId: string;
  readonly conversation: string;
  /** Who asked for the answer, and who allowed or denied the call: see `personKey` of a message. */
  readonly asker: string;
  readonly decider: string | undefined;
  readonly tool: string;
  readonly origin: string;
  readonly argumentsHash: string;
}

/** Append-only; has a retention of its own. Calls reject with a StoreError when it cannot be reached. */
export interface AuditStore {
  append(entry: AuditEntry): Promise<void>;
  /** What an earlier attempt at the turn has left, in order. */
  ofTurn(turnId: string): Promise<readonly AuditEntry[]>;
  /** Replaces the conversation and the people of its entries by names that lead to nobody. */
  pseudonymise(conversation: string): Promise<void>;
}
