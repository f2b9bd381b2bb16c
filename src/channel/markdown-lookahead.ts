/** The longest construct that is read as one, in characters: a longer one counts as text. It bounds what a stream holds back. */
const MAX_CONSTRUCT_CHARS = 2_048;
/** Brackets within brackets in the description of an image. */
const MAX_NESTED_BRACKETS = 4;
/** Stands for a picture that has neither a description nor an address. */
const PICTURE = '🖼';
const HOST = /^https?:\/\/([a-z0-9.-]+(?::\d+)?)(?:[/?#]|$)/i;

/** What stands between two places of a text; `open`: the text so far does not tell. */
export type Found<T> = T | 'open' | undefined;

/** A text as far as it is known. */
export interface Source {
  readonly text: string;
  /** Whether nothing follows. */
  readonly isWhole: boolean;
}

/** `(address "title")` behind a bracket. */
export interface LinkTail {
  readonly address: string;
  readonly end: number;
}

/** An image, from its `!` on; the places are those in the text. */
export interface Image {
  readonly alt: string;
  /** `undefined` for an image by reference. */
  readonly address: string | undefined;
  /** The `]` behind `alt`. */
  readonly altEnd: number;
  readonly end: number;
}

/**
 * On one line, and without anything that clients read in different ways. Its parts exclude each other's first characters,
 * so it takes linear time.
 */
const LINK_TAIL =
  /\([ \t]*(?:<(https?:\/\/[^<>`[\]\\\r\n]*)>|([^\s()<>`[\]"'\\]*(?:\([^\s()<>`[\]"'\\]*\)[^\s()<>`[\]"'\\]*)*))(?:[ \t]+(?:"[^"<`[\\\r\n]*"|'[^'<`[\\\r\n]*'))?[ \t]*\)/iy;
const AUTOLINK = /<https?:\/\/[^\s<>`"']*>/iy;
const BEGUN_AUTOLINK = /^<(?:h|ht|htt|https?|https?:|https?:\/|https?:\/\/[^\s<>`"']*)?$/i;
const REFERENCE = /\[[^[\]`<\\\r\n]*\]/y;
const DOUBTFUL_IN_CODE = /[|$]|\\(?:[()[\]]|$)/;
const BLANK_LINE = /^[ \t]*[\r\n]/;

/** Reads `(address "title")` at a parenthesis. */
export function readLinkTail(source: Source, at: number): Found<LinkTail> {
  const found = matchAt(LINK_TAIL, source, at);
  if (found === null) return isOpen(source, at, /[\r\n]/) ? 'open' : undefined;
  return { address: found[1] ?? found[2] ?? '', end: at + found[0].length };
}

/** The end of `<https://…>` at a `<`. */
export function readAutolink(source: Source, at: number): Found<number> {
  const found = matchAt(AUTOLINK, source, at);
  if (found !== null) return at + found[0].length;
  return isOpen(source, at) && BEGUN_AUTOLINK.test(source.text.slice(at)) ? 'open' : undefined;
}

/** Reads an image at its `!`. */
export function readImage(source: Source, at: number): Found<Image> {
  const altEnd = endOfAlt(source, at + 2);
  if (typeof altEnd !== 'number') return altEnd;
  const { text, isWhole } = source;
  const alt = text.slice(at + 2, altEnd);
  const image = { alt, address: undefined, altEnd, end: altEnd + 1 };
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

/** What stands in place of an image: words, or the beginning of a link with a name. The text goes on at `next`. */
export interface Replacement {
  readonly kind: 'words' | 'link';
  readonly text: string;
  readonly next: number;
}

/** An image at `at` becomes a link. In a link, which holds no other, and without a web address it becomes its description. */
export function replacementOf({ alt, address, altEnd, end }: Image, at: number, isInLink: boolean): Replacement {
  const isWebImage = address === undefined || /^https?:\/\//i.test(address);
  if (isInLink || !isWebImage) return { kind: 'words', text: wordsOf(alt) || PICTURE, next: end };
  const withoutMark = { kind: 'words', text: '', next: at + 1 } as const;
  if (alt.trim() !== '') return withoutMark;
  // By reference: the label names it.
  if (address === undefined) return end > altEnd + 3 ? { ...withoutMark, next: altEnd + 1 } : withoutMark;
  const host = HOST.exec(address)?.[1];
  return host === undefined ? { kind: 'words', text: PICTURE, next: end } : { kind: 'link', text: host, next: altEnd };
}

/** A description as nothing but words. */
function wordsOf(alt: string): string {
  return alt.replace(/[^\p{L}\p{N}\p{M}.,'’:-]+/gu, ' ').trim();
}

/**
 * The end of a code span that begins with so many backticks: on one line, up to the very next backticks, and without
 * what begins or ends a cell or mathematics, which bind tighter than code in some clients.
 */
export function readCodeSpan(source: Source, at: number, count: number): Found<number> {
  const content = source.text.slice(at + count, at + count + MAX_CONSTRUCT_CHARS);
  const length = content.search(/[`\r\n]/);
  if (length < 0) return isOpen(source, at + count) ? 'open' : undefined;
  if (content[length] !== '`' || DOUBTFUL_IN_CODE.test(content.slice(0, length))) return undefined;
  const closing = readRun(source, at + count + length);
  if (closing === 'open') return 'open';
  return closing === count ? at + count + length + count : undefined;
}

/** The run of one character at a place; `open` where it may grow. */
export function readRun({ text, isWhole }: Source, at: number): number | 'open' {
  let end = at + 1;
  while (text[end] === text[at]) end++;
  return end === text.length && !isWhole ? 'open' : end - at;
}

/** The rest of the line; `open` where it may grow. Without the characters that end it. */
export function readLine(source: Source, at: number): Found<string> {
  const head = source.text.slice(at, at + MAX_CONSTRUCT_CHARS);
  const end = head.search(/[\r\n]/);
  if (end >= 0) return head.slice(0, end);
  if (isOpen(source, at)) return 'open';
  return head.length < MAX_CONSTRUCT_CHARS ? head : undefined;
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

/** Whether what follows the text so far could change what stands at `at`. */
function isOpen({ text, isWhole }: Source, at: number, end?: RegExp): boolean {
  if (isWhole || text.length - at >= MAX_CONSTRUCT_CHARS) return false;
  return end === undefined || !end.test(text.slice(at));
}

function matchAt(pattern: RegExp, { text }: Source, at: number): RegExpExecArray | null {
  pattern.lastIndex = 0;
  return pattern.exec(text.slice(at, at + MAX_CONSTRUCT_CHARS));
}
