import type { UserMessage } from './user-message.ts';

/** What names a message. */
export type MessageName = Pick<UserMessage, 'key' | 'activityId'>;

/**
 * What became of a message. `draining`, `full` and `notStored`: it was not accepted, and may be delivered again. `done`
 * resolves when what is answered in the request, or out of band, is out; it never rejects.
 */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly done: Promise<void> }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'draining' }
  | { readonly kind: 'full' }
  | { readonly kind: 'notStored' };
