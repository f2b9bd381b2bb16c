/** The longest construct that is read as one, in characters: a longer one counts as text. It bounds what a stream holds back. */
export const MAX_CONSTRUCT_CHARS = 2_048;

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

/**
 * On one line, and without anything that clients read in different ways. Its parts exclude each other's first characters,
 * so it takes linear time.
 */
const LINK_TAIL =
  /\([ \t]*(?:<(https?:\/\/[^<>`[\]\\\r\n]*)>|([^\s()<>`[\]"'\\]*(?:\([^\s()<>`[\]"'\\]*\)[^\s()<>`[\]"'\\]*)*))(?:[ \t]+(?:"[^"<`[\\\r\n]*"|'[^'<`[\\\r\n]*'))?[ \t]*\)/iy;
const AUTOLINK = /<https?:\/\/[^\s<>`"']*>/iy;
const BEGUN_AUTOLINK = /^<(?:h|ht|htt|https?|https?:|https?:\/|https?:\/\/[^\s<>`"']*)?$/i;
const FENCE_INFO = /[ \t]*[\w+#.-]*[ \t]*(?=[\r\n])/y;
const BLANKS = /[ \t]*/y;
const DOUBTFUL_IN_CODE = /[|$]|\\(?:[()[\]]|$)/;

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

/** The end of the line of a fence, behind its backticks: the name of a language, and nothing that could make it something else. */
export function readFenceInfo(source: Source, at: number): Found<number> {
  const end = matchAt(FENCE_INFO, source, at);
  if (end !== null) return at + end[0].length;
  return isOpen(source, at, /[\r\n]/) ? 'open' : undefined;
}

/** The end of the line that ends a fence, behind its backticks: nothing stands there. */
export function readFenceEnd(source: Source, at: number): Found<number> {
  const end = at + (matchAt(BLANKS, source, at)?.[0].length ?? 0);
  switch (source.text[end]) {
    case '\r':
    case '\n':
      return end;
    case undefined:
      return source.isWhole ? end : 'open';
    default:
      return undefined;
  }
}

/** Whether what follows the text so far could change what stands at `at`; nothing can behind `end`. */
export function isOpen({ text, isWhole }: Source, at: number, end?: RegExp): boolean {
  if (isWhole || text.length - at >= MAX_CONSTRUCT_CHARS) return false;
  return end === undefined || !end.test(text.slice(at));
}

/** Matches a sticky pattern at a place, within the bound. */
export function matchAt(pattern: RegExp, { text }: Source, at: number): RegExpExecArray | null {
  pattern.lastIndex = 0;
  return pattern.exec(text.slice(at, at + MAX_CONSTRUCT_CHARS));
}
