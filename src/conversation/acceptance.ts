import type { UserMessage } from './user-message.ts';

/** Names an activity, or its conversation if there is none. */
export interface ActivityName {
  readonly key: string;
  readonly activityId?: string;
}

/** An activity of one person. */
export type PersonActivity = Pick<UserMessage, 'key' | 'activityId' | 'personKey'>;

/**
 * What became of a message. `draining`, `busy` and `notStored`: it was not accepted, and may be delivered again. `done`
 * resolves when an in-band or out-of-band reply has been sent; it never rejects.
 */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly done: Promise<void> }
  | { readonly kind: 'duplicate' | 'busy' }
  | NotAccepted;

/** Nothing of the activity was done: the process ends, or the store cannot be reached. */
export interface NotAccepted {
  readonly kind: 'draining' | 'notStored';
}

/** The fields of log lines about an activity. */
export function logNamesOf({ key, activityId }: ActivityName) {
  return { conversation: key, activity: activityId };
}
