import type { ConversationAction } from './conversation-store.ts';
import { EMPTY_MEMORY, withoutMessage } from './history/history.ts';
import { messageId } from './keys.ts';
import { type ConversationRecord, EMPTY_RECORD, withAnswered } from './records.ts';

/** Whether an activity was answered, or its action applied. */
export function isKnown({ answered }: ConversationRecord, activityId: string): boolean {
  return answered.includes(messageId({ activityId }));
}

/**
 * What an action makes of a record: the same in every store. `activityId`: the activity that asked for it, which is
 * known from then on.
 */
export function recordAfter(
  record: ConversationRecord,
  activityId: string | undefined,
  action: ConversationAction,
): ConversationRecord {
  const after = changed(record, action);
  return activityId === undefined ? after : withAnswered(after, messageId({ activityId }));
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
      return { ...record, ...EMPTY_MEMORY, sessionVersion: undefined };
    case 'forget':
      // An activity that is delivered again is still recognised.
      return { ...EMPTY_RECORD, answered: record.answered };
    case 'withdraw':
      return withdrawn(record, action.activityId);
  }
}

/** A warm session still has the message: another `sessionVersion` closes it, and those of running turns. */
function withdrawn(record: ConversationRecord, activityId: string): ConversationRecord {
  const id = messageId({ activityId });
  const history = withoutMessage(record.history, activityId);
  const wasRemembered = history.length < record.history.length;
  return withAnswered({ ...record, history, sessionVersion: wasRemembered ? id : record.sessionVersion }, id);
}
