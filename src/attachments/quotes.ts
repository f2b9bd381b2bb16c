import { fieldsOf, textOf } from '../json-access.ts';
import { cardFields } from './cards.ts';
import { shownName } from './file-name.ts';

/** A message that another message answers or forwards. */
export interface Quote {
  readonly of: 'reply' | 'forward';
  /** The result of `shownName`. Teams names no author for forwarded messages. */
  readonly author: string | undefined;
  /** The text without empty lines; empty if it is missing, as for a deleted message. */
  readonly text: string;
}

/** A quote with the id of the quoted message. */
export interface SentQuote extends Quote {
  readonly messageId: string | undefined;
}

export const MAX_QUOTES = 5;
export const MAX_ID_CHARS = 256;
/** Teams itself shortens the text of an answered message. A forwarded message is the topic, so it may be long. */
export const MAX_QUOTED_CHARS = { reply: 500, forward: 8_000 } as const;
const MAX_NAME_CHARS = 4_096;
const MAX_PREVIEW_CHARS = 100_000;

/** The marker of a quote in the text; some clients escape it. */
const MARKER =
  /(?:<|&lt;)quoted\s[^<>]{0,200}?messageId=(?:["']|&quot;)?([\w:.-]{1,256})(?![\w:.-])[^<>]{0,200}?(?:>|&gt;)(?:(?:<|&lt;)\/quoted(?:>|&gt;))?/gi;

/** The marker as the channel writes it; text that users type is escaped. */
const CHANNEL_MARKER = /^<.*\/>$/s;

/**
 * Removes the markers of quotes and trims the text. Markers without a quote are the user's own text, unless the channel
 * writes markers (`hasMarkers`).
 */
export function withoutQuoteMarkers(text: string, quotes: readonly SentQuote[], hasMarkers: boolean): string {
  const ids = new Set(quotes.map(({ messageId }) => messageId));
  // Each quote has a marker. A quote without an id may belong to any of the markers that no quote's id matches: remove
  // as many of these as there are such quotes.
  let unnamedCount = quotes.filter(({ messageId }) => messageId === undefined).length;
  const isQuoted = (id: string) => ids.has(id) || unnamedCount-- > 0;
  const isOfChannel = (marker: string) => hasMarkers && CHANNEL_MARKER.test(marker);
  return text.replace(MARKER, (marker, id: string) => (isQuoted(id) || isOfChannel(marker) ? ' ' : marker)).trim();
}

/** Removes duplicates: the same quote may come as an entity, in the HTML and as an attachment. */
export function distinctQuotes(entities: readonly SentQuote[], others: readonly SentQuote[]): SentQuote[] {
  // If an entity has no id, each other reply may be its duplicate, so these are left out. Entities are never forwards.
  const isNamed = entities.every(({ messageId }) => messageId !== undefined);
  const all = [...entities, ...others.filter(({ of }) => of === 'forward' || isNamed)].slice(0, 10 * MAX_QUOTES);
  const isFirst = ({ messageId }: SentQuote, at: number) =>
    messageId === undefined || all.findIndex((other) => other.messageId === messageId) === at;
  return all.filter(isFirst).slice(0, MAX_QUOTES);
}

/** Reads a quote of Microsoft Graph. https://learn.microsoft.com/graph/api/resources/chatmessageattachment */
export function quoteOfReference(content: unknown, id: unknown): SentQuote {
  const { messagePreview, messageSender, messageId = id } = cardFields(content);
  return repliedQuote(fieldsOf(fieldsOf(messageSender)['user'])['displayName'], messagePreview, messageId);
}

/** Reads the quote of an answered message from fields that may hold anything. */
export function repliedQuote(author: unknown, text: unknown, messageId: unknown): SentQuote {
  return {
    of: 'reply',
    author: shownName(textOf(author, MAX_NAME_CHARS)),
    text: quotedText(textOf(text, MAX_PREVIEW_CHARS) ?? '', 'reply'),
    messageId: textOf(messageId, MAX_ID_CHARS),
  };
}

/** Removes empty lines and repeated spaces, and shortens the text. */
export function quotedText(text: string, of: Quote['of']): string {
  const maxChars = MAX_QUOTED_CHARS[of];
  const lines = text.split(/[\n\r\u2028\u2029]/u).map((line) => line.replace(/[\p{Cc}\s]+/gu, ' ').trim());
  const plain = lines.filter((line) => line !== '').join('\n');
  return plain.length <= maxChars ? plain.toWellFormed() : `${plain.slice(0, maxChars - 1).toWellFormed()}…`;
}
