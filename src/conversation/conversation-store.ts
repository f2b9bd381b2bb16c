import type { ConversationRecord, Edit } from './records.ts';

/**
 * What happens to a conversation beside its turns.
 * - `markHandled`: nothing but the mark that its activity was handled.
 * - `edit`: the newest record is changed; a running turn applies its own edit to the result.
 * - `reset`: history and the count of rejected turns are reset; a turn that runs now writes nothing more.
 * - `stop`: messages that wait are cancelled, and the running turn is stopped. Decisions that were not carried out are
 *   taken back.
 * - `leave`: the channel reports the conversation as gone: waiting messages are cancelled, except in-band ones.
 * - `forget`: as `stop` and `reset`; the record is deleted except the ids of answered messages, and so are the
 *   conversation's recording links. Its spending stays.
 * - `withdraw`: the message is cancelled if it waits, and is removed from the history together with its answer, also when
 *   its turn runs now.
 */
export type ConversationAction =
  | { readonly kind: 'markHandled' }
  | { readonly kind: 'edit'; readonly edit: Edit }
  | { readonly kind: 'reset' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'forget' }
  | { readonly kind: 'withdraw'; readonly activityId: string };

/** Conversations between turns. All calls reject with a StoreError when the store cannot be reached. */
export interface ConversationStore {
  /** The record; an empty one where there is none, or where it is older than its retention. */
  read(key: string): Promise<ConversationRecord>;
  /** Creates an empty record. False when there is one; a forgotten one counts as none. */
  create(key: string): Promise<boolean>;
  /**
   * Applies an action at once, in one transaction, after the messages that were added before and before those that are
   * added later. Marks `activityId`, the activity that asked for it, as handled. Resolves with false, without effect, if
   * it was already.
   */
  apply(key: string, activityId: string | undefined, action: ConversationAction): Promise<boolean>;
  /** The conversations of a team that are not forgotten; see `team` of a message. */
  keysOfTeam(team: string): Promise<readonly string[]>;
}
