import type { Respond } from './reply.ts';
import type { UserMessage } from './user-message.ts';

/** Where a message stands among all messages. */
export interface Place {
  /** By the clock of the instance that accepted it. */
  readonly acceptedAtMs: number;
  /** Of those of the same millisecond, as this process took them. */
  readonly order: number;
}

/** A message that was taken, here or by another process. */
export interface Incoming {
  readonly turn: UserMessage;
  readonly respond: Respond;
  readonly place: Place;
  /** Whether it is to be answered here: it is kept, and nobody else has accepted it. */
  readonly isKept: Promise<boolean>;
  /** Another process has accepted it. */
  readonly isTakenOver: boolean;
}

/** Whether one message was accepted before the other. */
export function isBefore(one: Place, other: Place): boolean {
  if (one.acceptedAtMs !== other.acceptedAtMs) return one.acceptedAtMs < other.acceptedAtMs;
  return one.order < other.order;
}
