import { EMPTY_HISTORY, withoutMessage } from './history/history.ts';
import { activityDigest } from './keys.ts';
import { type ConversationRecord, type Edit, EMPTY_RECORD, withHandled } from './records.ts';

/**
 * What happens to a conversation beside its turns.
 * - `markHandled`: nothing but the mark that its activity was handled.
 * - `edit`: the newest record is changed; a running turn applies its own edit to the result.
 * - `reset`: history and the count of rejected turns are reset, and undecided approvals are deleted; a turn that runs
 *   now writes nothing more.
 * - `stop`: messages that wait are cancelled, and the running turn is stopped. Decisions that were not carried out are
 *   taken back.
 * - `leave`: the channel reports the conversation as gone: waiting messages are cancelled, except those that expect
 *   replies. Decisions among them are taken back.
 * - `forget`: as `stop` and `reset`; the record is deleted except the ids of handled activities, and so are recording
 * links, approvals, permissions and dead letters. The caller deletes the audio and removes the names from the audit:
 *   see
 *   `forgetAudioAndAudit`. The spending stays.
 * - `withdraw`: the message is cancelled if it waits, and a decision that it made is taken back. It is removed from the
 *   history together with its answer, also when its turn runs now.
 */
export type ConversationAction =
  | { readonly kind: 'markHandled' }
  | { readonly kind: 'edit'; readonly edit: Edit }
  | { readonly kind: 'reset' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'forget' }
  | { readonly kind: 'withdraw'; readonly activityId: string };

/** What an action did. */
export interface AppliedAction {
  /** How many waiting messages it cancelled, without decisions about calls. */
  readonly cancelledCount: number;
}

/** Conversations between turns. All calls reject with a StoreError when the store cannot be reached. */
export interface ConversationStore {
  /** The record; an empty one where there is none, or where it is older than its retention. */
  read(key: string): Promise<ConversationRecord>;
  /** Creates an empty record. False when there is one; a forgotten one counts as none. */
  create(key: string): Promise<boolean>;
  /**
   * Applies an action at once, in one transaction, after the messages that were added before and before those that are
   * added later. Marks `activityId`, the activity that asked for it, as handled. Resolves with undefined, without
   * effect, if it was already. Default: no activity asked for it.
   */
  apply(key: string, action: ConversationAction, activityId?: string): Promise<AppliedAction | undefined>;
  /** The conversations of a team that are not forgotten; see `team` of a message. */
  keysOfTeam(team: string): Promise<readonly string[]>;
}

/** What an action makes of a record: the same in every store. Marks `activityId`, which asked for it, as handled. */
export function recordAfter(
  record: ConversationRecord,
  action: ConversationAction,
  activityId: string | undefined,
): ConversationRecord {
  const after = changed(record, action);
  return activityId === undefined ? after : withHandled(after, activityId);
}

function changed(record: ConversationRecord, action: ConversationAction): ConversationRecord {
  switch (action.kind) {
    case 'markHandled':
    case 'stop':
    case 'leave':
      return record;
    case 'edit':
      return action.edit(record);
    case 'reset':
      return { ...record, ...EMPTY_HISTORY, sessionVersion: undefined };
    case 'forget':
      // An activity that is delivered again is still recognised.
      return { ...EMPTY_RECORD, answered: record.answered };
    case 'withdraw':
      return withdrawn(record, action.activityId);
  }
}

/** A warm session still has the message: another `sessionVersion` closes it, and those of running turns. */
function withdrawn(record: ConversationRecord, activityId: string): ConversationRecord {
  const history = withoutMessage(record.history, activityId);
  const isChanged = history.length < record.history.length;
  const sessionVersion = isChanged ? activityDigest({ activityId }) : record.sessionVersion;
  return withHandled({ ...record, history, sessionVersion }, activityId);
}
