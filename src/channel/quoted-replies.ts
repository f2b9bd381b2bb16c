import { MAX_QUOTES, repliedQuote, type SentQuote } from '../attachments/quotes.ts';
import { fieldsOf } from '../json-access.ts';

/**
 * The messages that a message quotes, by its `quotedReply` entities. Some clients send these without the inner object.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages
 */
export function quotedReplies(entities: readonly unknown[] = []): SentQuote[] {
  return repliesIn(entities).slice(0, MAX_QUOTES).map(toQuote);
}

/** Whether one of the quoted messages is from this account. */
export function quotesAccount(entities: readonly unknown[] = [], id: string | undefined): boolean {
  return repliesIn(entities).some(({ senderId }) => Boolean(senderId) && senderId === id);
}

function repliesIn(entities: readonly unknown[]): Readonly<Record<string, unknown>>[] {
  const replies = entities.map(fieldsOf).filter(({ type }) => type === 'quotedReply');
  return replies.map((entity) =>
    typeof entity['quotedReply'] === 'object' ? fieldsOf(entity['quotedReply']) : entity,
  );
}

function toQuote({ messageId, senderName, preview, isReplyDeleted }: Readonly<Record<string, unknown>>): SentQuote {
  return repliedQuote(senderName, isReplyDeleted === true ? '' : preview, messageId);
}
