import { type Found, isOpen, MAX_CONSTRUCT_CHARS, matchAt, readLinkTail, type Source } from './markdown-lookahead.ts';

/** An image, from its `!` on; the places are those in the text. */
export interface Image {
  readonly at: number;
  readonly alt: string;
  /** `undefined` for an image by reference. */
  readonly address: string | undefined;
  /** The `]` behind `alt`. */
  readonly altEnd: number;
  readonly end: number;
}

/** Stands for a picture that has neither a description nor an address. */
const PICTURE = '🖼';
/** Brackets within brackets in a description. */
const MAX_NESTED_BRACKETS = 4;
const REFERENCE = /\[[^[\]`<\\\r\n]*\]/y;
const BLANK_LINE = /^[ \t]*[\r\n]/;
const WEB_ADDRESS = /^https?:\/\//i;
const HOST = /^https?:\/\/([a-z0-9.-]+(?::\d+)?)(?:[/?#]|$)/i;

/** Reads an image at its `!`. */
export function readImage(source: Source, at: number): Found<Image> {
  const altEnd = endOfAlt(source, at + 2);
  if (typeof altEnd !== 'number') return altEnd;
  const { text, isWhole } = source;
  const alt = text.slice(at + 2, altEnd);
  const image = { at, alt, address: undefined, altEnd, end: altEnd + 1 };
  switch (text[altEnd + 1]) {
    case undefined:
      return isWhole ? image : 'open';
    case '(': {
      const tail = readLinkTail(source, altEnd + 1);
      return typeof tail === 'object' ? { ...image, ...tail } : (tail ?? image);
    }
    case '[': {
      const label = matchAt(REFERENCE, source, altEnd + 1);
      if (label !== null) return { ...image, end: altEnd + 1 + label[0].length };
      return isOpen(source, altEnd + 1, /[\r\n]/) ? 'open' : image;
    }
    default:
      return image;
  }
}

/**
 * What is written for an image, and where the text goes on. A link where its address is one of the web; one without a
 * description shows where it leads. Within a link, and of any other address, its description alone.
 */
export function withoutImage(image: Image, isInLink: boolean): { readonly text: string; readonly next: number } {
  const { at, alt, address, altEnd, end } = image;
  if (isInLink || (address !== undefined && !WEB_ADDRESS.test(address))) {
    return { text: wordsOf(alt) || PICTURE, next: end };
  }
  const label = altEnd + 1;
  // By reference: the label says what it is.
  if (address === undefined && alt.trim() === '' && end > label + '[]'.length) return { text: '', next: label };
  if (address === undefined || alt.trim() !== '') return { text: '', next: at + 1 };
  const host = HOST.exec(address)?.[1];
  return host === undefined ? { text: PICTURE, next: end } : { text: `[${host}`, next: altEnd };
}

/** A description as nothing but words. */
function wordsOf(alt: string): string {
  return alt.replace(/[^\p{L}\p{N}\p{M}.,'’:-]+/gu, ' ').trim();
}

/** The bracket that closes the one before `from`. Paragraphs end at a blank line, and what is in them, too. */
function endOfAlt(source: Source, from: number): Found<number> {
  const { text } = source;
  const most = Math.min(text.length, from + MAX_CONSTRUCT_CHARS);
  let depth = 0;
  for (let at = from; at < most; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '\n' && BLANK_LINE.test(text.slice(at + 1, most))) return undefined;
    else if (char === '[' && ++depth > MAX_NESTED_BRACKETS) return undefined;
    else if (char === ']' && depth-- === 0) return at;
  }
  return isOpen(source, from) ? 'open' : undefined;
}
