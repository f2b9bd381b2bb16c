import { fieldsOf, textOf } from '../json-access.ts';
import { cardFields } from './cards.ts';
import { shownName } from './file-name.ts';
import { type Quote, quotedText, type SentQuote } from './teams-html.ts';

/** What is read of the quotes in a message, whatever the client marks them with. */
export const MAX_QUOTES = 5;
export const MAX_ID_CHARS = 256;
export const MAX_NAME_CHARS = 4_096;
export const MAX_PREVIEW_CHARS = 100_000;

/** Stands in the text where a message is quoted; some clients escape it. */
const MARKER =
  /(?:<|&lt;)quoted\s[^<>]{0,200}?messageId=(?:["']|&quot;)?([\w:.-]{1,256})(?![\w:.-])[^<>]{0,200}?(?:>|&gt;)(?:(?:<|&lt;)\/quoted(?:>|&gt;))?/gi;

/** As the channel itself writes it: what users type is escaped. */
const OWN_MARKER = /^<.*\/>$/s;

/**
 * The text without the markers of what is quoted, trimmed. Markers of nothing that is quoted are the user's own words,
 * unless the channel wrote them: `hasMarkers` says whether it does.
 */
export function withoutMarkers(text: string, quotes: readonly SentQuote[], hasMarkers: boolean): string {
  const ids = new Set(quotes.map(({ messageId }) => messageId));
  let unnamed = quotes.filter(({ messageId }) => messageId === undefined).length;
  const isQuoted = (id: string) => ids.has(id) || unnamed-- > 0;
  const isOwn = (marker: string) => hasMarkers && OWN_MARKER.test(marker);
  return text.replace(MARKER, (marker, id: string) => (isQuoted(id) || isOwn(marker) ? ' ' : marker)).trim();
}

/** Quotes come as entities, in the HTML and as attachments, each of them perhaps in several of these forms. */
export function quotesWithin(quoted: readonly SentQuote[], others: readonly SentQuote[]): SentQuote[] {
  // An entity without an id stands for any of the others.
  const isNamed = quoted.every(({ messageId }) => messageId !== undefined);
  const all = [...quoted, ...others.filter(({ of }) => of === 'forward' || isNamed)].slice(0, 10 * MAX_QUOTES);
  const isFirst = ({ messageId }: SentQuote, at: number) =>
    messageId === undefined || all.findIndex((other) => other.messageId === messageId) === at;
  return all.filter(isFirst).slice(0, MAX_QUOTES);
}

/** A quotation in the form of Microsoft Graph. https://learn.microsoft.com/graph/api/resources/chatmessageattachment */
export function quoteOfReference(content: unknown, id: unknown): SentQuote {
  const { messagePreview, messageSender, messageId = id } = cardFields(content);
  const { displayName } = fieldsOf(fieldsOf(messageSender)['user']);
  return {
    of: 'reply',
    author: shownName(textOf(displayName, MAX_NAME_CHARS)),
    text: quotedText(textOf(messagePreview, MAX_PREVIEW_CHARS) ?? '', 'reply'),
    messageId: textOf(messageId, MAX_ID_CHARS),
  };
}

/** Teams puts what is forwarded behind the text, too: there it would look like the user's own words. */
export function withoutForward(text: string, forward: Quote): string {
  const [firstLine = ''] = forward.text.split('\n', 1);
  const at = text.lastIndexOf(firstLine.replace(/…$/, ''));
  const isWholeLine = at === 0 || (at > 0 && /[\r\n]\s*$/.test(text.slice(Math.max(0, at - 10), at)));
  return isWholeLine ? text.slice(0, at).trim() : text;
}
