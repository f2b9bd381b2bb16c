import { isFor, type Reply } from '../support/kit/fake-servers.ts';
import type { Message } from './ledger.ts';

/** Records the replies in the response to a POST. */
export function noteExpectedReplies(message: Message, text: string): void {
  const { activities = [] } = JSON.parse(text) as { activities?: Reply[] };
  const { activityId, conversation } = message;
  for (const reply of activities.filter(({ type }) => type === 'message')) {
    const call = { activityId, conversationId: conversation.id, isUpdate: false, reply };
    message.sends.push({
      ...{ atMs: Date.now(), endedAtMs: Date.now(), fault: 'expectReplies', isShown: true, isAnswered: true },
      isUpdate: false,
      text: reply.text ?? '',
      hasAudio: (reply.attachments?.length ?? 0) > 0,
      isWellAddressed: isFor(call, message),
    });
  }
}
