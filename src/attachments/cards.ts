import { fieldsOf, textOf } from '../json-access.ts';
import { fencedCode } from './teams-text.ts';

/** What a card that people send is to the bot. */
export type Card =
  /** Words that belong to the message. */
  { readonly kind: 'words'; readonly text: string } | LoopComponent | { readonly kind: 'unreadable' };

/** A component of Loop: its content is elsewhere. */
export interface LoopComponent {
  readonly kind: 'loop';
  /** Of https, with nothing in it that a text in Markdown could take for more than an address. */
  readonly url?: string;
}

const CARD = 'application/vnd.microsoft.card.';
const MAX_CARD_CHARS = 100_000;
const MAX_WORDS_CHARS = 20_000;
const MAX_URL_CHARS = 2_048;
const CLEAN_URL = /^https:\/\/[a-z\d.-]+(?:[/?#][\w~:/?#@!$&+,;=%.-]*)?$/i;

/** Reads a card by its content type, in small letters. */
export function readCard(contentType: string, content: unknown): Card {
  const fields = cardFields(content);
  switch (contentType.startsWith(CARD) ? contentType.slice(CARD.length) : '') {
    case 'fluidembedcard':
      return loopComponent(textOf(fields['componentUrl'], MAX_URL_CHARS) ?? '');
    case 'codesnippet':
      return words(
        fencedCode(wordsOf(fields, ['code', 'text', 'content']), wordsOf(fields, ['language']).slice(0, 32)),
      );
    case 'announcement':
      return words(`${wordsOf(fields, ['title'])}\n${wordsOf(fields, ['subtitle', 'text'])}`.trim());
    default:
      return { kind: 'unreadable' };
  }
}

/** A card's content is an object, or the same as JSON. */
export function cardFields(content: unknown): Readonly<Record<string, unknown>> {
  if (typeof content !== 'string') return fieldsOf(content);
  try {
    return content.length <= MAX_CARD_CHARS ? fieldsOf(JSON.parse(content)) : {};
  } catch {
    // Not JSON, so no card that is known.
    return {};
  }
}

function loopComponent(url: string): Card {
  return CLEAN_URL.test(url) && URL.canParse(url) ? { kind: 'loop', url } : { kind: 'loop' };
}

function words(text: string): Card {
  return text === '' ? { kind: 'unreadable' } : { kind: 'words', text };
}

/** The first of these fields that holds a text. */
function wordsOf(fields: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  return names.map((name) => textOf(fields[name], MAX_WORDS_CHARS)?.trim()).find((text) => text) ?? '';
}
