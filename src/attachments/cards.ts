import { fieldsOf, textOf } from '../json-access.ts';

/** What the bot reads of a card that people send. */
export type Card =
  /** Text that belongs to the message. */
  { readonly kind: 'text'; readonly text: string } | LoopComponent | { readonly kind: 'unreadable' };

/** A component of Loop: its content is elsewhere. */
export interface LoopComponent {
  readonly kind: 'loop';
  /** Of https, without characters that have a meaning in Markdown. */
  readonly url?: string;
}

const MAX_CARD_CHARS = 100_000;
const MAX_TEXT_CHARS = 20_000;
const MAX_URL_CHARS = 2_048;
const CLEAN_URL = /^https:\/\/[a-z\d.-]+(?:[/?#][\w~:/?#@!$&+,;=%.-]*)?$/i;

/** Reads a card by its content type, in small letters. */
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

/** The fields of a card, which is an object or its JSON; none for anything else. */
export function cardFields(content: unknown): Readonly<Record<string, unknown>> {
  if (typeof content !== 'string') return fieldsOf(content);
  try {
    return content.length <= MAX_CARD_CHARS ? fieldsOf(JSON.parse(content)) : {};
  } catch {
    // Not JSON, so not a known card.
    return {};
  }
}

function textCard(text: string): Card {
  return text === '' ? { kind: 'unreadable' } : { kind: 'text', text };
}

/** The first of these fields that holds a text. */
function textIn(content: unknown, names: readonly string[]): string {
  const fields = cardFields(content);
  return names.map((name) => textOf(fields[name], MAX_TEXT_CHARS)?.trim()).find((text) => text) ?? '';
}

/** A block of code in Markdown, in a fence that nothing in it can end; empty without code. */
export function fencedCode(code: string, language: string): string {
  const lines = code.replace(/\r\n?/g, '\n').replace(/^\n+/, '').trimEnd();
  const longest = (lines.match(/`+/g) ?? []).reduce((max, { length }) => Math.max(max, length), 2);
  const fence = '`'.repeat(longest + 1);
  return lines === '' ? '' : `${fence}${language}\n${lines}\n${fence}`;
}
