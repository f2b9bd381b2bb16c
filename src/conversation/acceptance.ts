import type { UserMessage } from './user-message.ts';

/** Names an activity, or its conversation if there is none. */
export interface ActivityName {
  readonly key: string;
  readonly activityId?: string;
}

/** An activity of one person. */
export type PersonActivity = Pick<UserMessage, 'key' | 'activityId' | 'personKey'>;

/**
 * What became of an activity. `done` resolves when the reply has been sent; for a message that a queued turn answers, it
 * is resolved already. It does not reject.
 */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly done: Promise<void> }
  | { readonly kind: 'duplicate' }
  | NotAccepted;

/**
 * The activity may be delivered again: the process ends, the store cannot be reached, or too much waits in the queue or
 * runs beside it.
 */
export interface NotAccepted {
  readonly kind: 'draining' | 'notStored' | 'busy';
}

/** The fields of log lines about an activity. */
export function logNamesOf({ key, activityId }: ActivityName) {
  return { conversation: key, activity: activityId };
}
