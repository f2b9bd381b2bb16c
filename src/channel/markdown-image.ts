import { MAX_CONSTRUCT_CHARS, type MarkdownSource } from './markdown-source.ts';

/** What replaces the image, or the part of it before `next`, where reading goes on. */
export interface ReplacedImage {
  /** Empty if the rest of the image is read as a link. */
  readonly text: string;
  readonly next: number;
  /** Whether the text is an opening bracket and the words of a link. The closing bracket and the address follow. */
  readonly opensLink?: boolean;
}

/** Replaces an image that has neither a description nor an address. */
const PICTURE = '🖼';
/** Brackets within brackets in a description. */
const MAX_NESTED_BRACKETS = 4;
const REFERENCE = /\[[^[\]`<\\\r\n]*\]/y;
const BLANK_LINE = /^[ \t]*[\r\n]/;
const WEB_ADDRESS = /^https?:\/\//i;
const HOST = /^https?:\/\/([a-z0-9.-]+(?::\d+)?)(?:[/?#]|$)/i;

/**
 * Replaces the image that begins with the `!` at a place by a link, if its address is one of the web. A link without a
 * description shows its host. Within a link, and for any other address, the description stays.
 */
export function replaceImage(source: MarkdownSource, at: number, isInLink: boolean): ReplacedImage {
  const altEnd = endOfAlt(source, at + 2);
  if (altEnd === undefined) return { text: '', next: at + 1 };
  const alt = source.text.slice(at + 2, altEnd);
  const targetAt = altEnd + 1;
  const { address, end } = targetOf(source, targetAt);
  if (isInLink || (address !== undefined && !WEB_ADDRESS.test(address))) {
    return { text: wordsOf(alt) || PICTURE, next: end };
  }
  // The image is given by reference: its label says what it is.
  if (address === undefined && alt.trim() === '' && end > targetAt + '[]'.length) return { text: '', next: targetAt };
  // Without the `!`, the rest is a link with a description, or brackets without an address.
  if (address === undefined || alt.trim() !== '') return { text: '', next: at + 1 };
  const host = HOST.exec(address)?.[1];
  return host === undefined ? { text: PICTURE, next: end } : { text: `[${host}`, next: altEnd, opensLink: true };
}

/** What follows the description: an address, or for an image by reference none. */
function targetOf(source: MarkdownSource, at: number): { readonly address?: string; readonly end: number } {
  switch (source.charAt(at)) {
    case '(':
      return source.linkTail(at) ?? { end: at };
    case '[':
      return { end: at + (source.match(REFERENCE, at, /[\r\n]/)?.[0].length ?? 0) };
    default:
      return { end: at };
  }
}

/** A description as nothing but words. */
function wordsOf(alt: string): string {
  return alt.replace(/[^\p{L}\p{N}\p{M}.,'’:-]+/gu, ' ').trim();
}

/** The bracket that closes the one before `from`. A blank line ends a paragraph and what is in it. */
function endOfAlt(source: MarkdownSource, from: number): number | undefined {
  const { text } = source;
  const max = Math.min(text.length, from + MAX_CONSTRUCT_CHARS);
  let depth = 0;
  for (let at = from; at < max; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '\n' && BLANK_LINE.test(text.slice(at + 1, max))) return undefined;
    else if (char === '[' && ++depth > MAX_NESTED_BRACKETS) return undefined;
    else if (char === ']' && depth-- === 0) return at;
  }
  source.throwIfUndecided(from);
  return undefined;
}
