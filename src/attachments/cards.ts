import { fieldsOf, jsonFieldsOf, textOf } from '../json-access.ts';

/** The content that the bot reads from a user's card. */
export type Card =
  /** The text belongs to the message. */
  { readonly kind: 'text'; readonly text: string } | LoopComponent | { readonly kind: 'unreadable' };

/** A component of Loop. Its content is stored elsewhere. */
export interface LoopComponent {
  readonly kind: 'loop';
  /** An https address without characters that have a meaning in Markdown. */
  readonly url?: string;
}

const MAX_CARD_CHARS = 100_000;
const MAX_TEXT_CHARS = 20_000;
const MAX_URL_CHARS = 2_048;
const CLEAN_URL = /^https:\/\/[a-z\d.-]+(?:[/?#][\w~:/?#@!$&+,;=%.-]*)?$/i;

/** Reads a card by its content type, which has to be in lower case. */
export function readCard(contentType: string, content: unknown): Card {
  switch (contentType) {
    case 'application/vnd.microsoft.card.fluidembedcard': {
      const url = textOf(cardFields(content)['componentUrl'], MAX_URL_CHARS) ?? '';
      return CLEAN_URL.test(url) && URL.canParse(url) ? { kind: 'loop', url } : { kind: 'loop' };
    }
    case 'application/vnd.microsoft.card.codesnippet': {
      const language = textIn(content, ['language']).slice(0, 32);
      return textCard(fencedCode(textIn(content, ['code', 'text', 'content']), language));
    }
    case 'application/vnd.microsoft.card.announcement':
      return textCard(`${textIn(content, ['title'])}\n${textIn(content, ['subtitle', 'text'])}`.trim());
    default:
      return { kind: 'unreadable' };
  }
}

/** Returns the fields of a card, which is an object or its JSON; an empty object for anything else. */
export function cardFields(content: unknown): Readonly<Record<string, unknown>> {
  if (typeof content !== 'string') return fieldsOf(content);
  return content.length <= MAX_CARD_CHARS ? jsonFieldsOf(content) : {};
}

function textCard(text: string): Card {
  return text === '' ? { kind: 'unreadable' } : { kind: 'text', text };
}

/** Returns the first of these fields that holds a text. */
function textIn(content: unknown, names: readonly string[]): string {
  const fields = cardFields(content);
  return names.map((name) => textOf(fields[name], MAX_TEXT_CHARS)?.trim()).find((text) => text) ?? '';
}

/** Returns code in a Markdown fence that is longer than any fence in it; empty without code. */
export function fencedCode(code: string, language: string): string {
  const lines = code.replace(/\r\n?/g, '\n').replace(/^\n+/, '').trimEnd();
  const longest = (lines.match(/`+/g) ?? []).reduce((max, { length }) => Math.max(max, length), 2);
  const fence = '`'.repeat(longest + 1);
  return lines === '' ? '' : `${fence}${language}\n${lines}\n${fence}`;
}
