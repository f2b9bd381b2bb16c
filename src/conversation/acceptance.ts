import type { UserMessage } from './user-message.ts';

/** Names an activity, or its conversation if there is none. */
export interface ActivityName {
  readonly key: string;
  readonly activityId?: string;
}

/** An activity of one person. */
export type PersonActivity = Pick<UserMessage, 'key' | 'activityId' | 'personKey'>;

/**
 * What became of an activity. `draining`, `busy` and `notStored`: it was not accepted, and may be delivered again.
 * `done` resolves when the reply has been sent; if a queued turn sends it, at once. It never rejects.
 */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly done: Promise<void> }
  | { readonly kind: 'duplicate' | 'busy' }
  | NotAccepted;

/** The process ends, or the store cannot be reached: `Conversations` decides these, and the queue decides `busy`. */
export interface NotAccepted {
  readonly kind: 'draining' | 'notStored';
}

/** The fields of log lines about an activity. */
export function logNamesOf({ key, activityId }: ActivityName) {
  return { conversation: key, activity: activityId };
}
