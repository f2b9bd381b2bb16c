/** The longest construct that is read as one; a longer one counts as text. It bounds what a stream holds back. */
export const MAX_CONSTRUCT_CHARS = 2_048;

/** Thrown where the text so far does not decide how it is read. */
export const UNDECIDED: unique symbol = Symbol('undecided');

/**
 * On one line, and without anything that clients read in different ways. Its parts exclude each other's first
 * characters, so it takes linear time.
 */
const LINK_TAIL =
  /\([ \t]*(?:<(https?:\/\/[^<>`[\]\\\r\n]*)>|([^\s()<>`[\]"'\\]*(?:\([^\s()<>`[\]"'\\]*\)[^\s()<>`[\]"'\\]*)*))(?:[ \t]+(?:"[^"<`[\\\r\n]*"|'[^'<`[\\\r\n]*'))?[ \t]*\)/iy;
/** Some clients know no autolinks, and would read an image within one. */
const AUTOLINK = /<https?:\/\/[^\s<>`"'[\]\\]*>/iy;
/** A text that cannot become an autolink. */
const NO_AUTOLINK = /^(?!<(?:h|ht|htt|https?|https?:|https?:\/|https?:\/\/[^\s<>`"'[\]\\]*)?$)/i;
const FENCE_INFO = /[ \t]*[\w+#.-]*[ \t]*(?=[\r\n])/y;
const FENCE_END = /[ \t]*(?=[\r\n]|$)/y;
const LINE_END = /[\r\n]/;
const DOUBTFUL_IN_CODE = /[|$]|\\(?:[()[\]]|$)/;

/** A text, and whether more of it follows. Its readers throw UNDECIDED where more text could change what they found. */
export class MarkdownSource {
  readonly text: string;
  readonly isWhole: boolean;

  constructor(text: string, isWhole: boolean) {
    this.text = text;
    this.isWhole = isWhole;
  }

  /** The character at a place; empty behind the end of the whole text. */
  charAt(at: number): string {
    this.#throwIfAtEnd(at);
    return this.text[at] ?? '';
  }

  /** Throws UNDECIDED behind the end of a text that goes on. */
  #throwIfAtEnd(at: number): void {
    if (at >= this.text.length && !this.isWhole) throw UNDECIDED;
  }

  /** Matches a sticky pattern at a place. `impossible` matches a text that can no longer become the construct. */
  match(pattern: RegExp, at: number, impossible: RegExp): RegExpExecArray | null {
    pattern.lastIndex = 0;
    const found = pattern.exec(this.text.slice(at, at + MAX_CONSTRUCT_CHARS));
    if (found === null) this.throwIfUndecided(at, impossible);
    return found;
  }

  /** Throws UNDECIDED while a construct that begins at `from` may still be completed. `impossible`: see `match`. */
  throwIfUndecided(from: number, impossible?: RegExp): void {
    if (this.isWhole || this.text.length - from >= MAX_CONSTRUCT_CHARS) return;
    if (!impossible?.test(this.text.slice(from))) throw UNDECIDED;
  }

  /** Reads `(address "title")` at a parenthesis. */
  linkTail(at: number): { readonly address: string; readonly end: number } | undefined {
    const found = this.match(LINK_TAIL, at, LINE_END);
    return found === null ? undefined : { address: found[1] ?? found[2] ?? '', end: at + found[0].length };
  }

  /** The end of `<https://…>` at a `<`. */
  autolink(at: number): number | undefined {
    const found = this.match(AUTOLINK, at, NO_AUTOLINK);
    return found === null ? undefined : at + found[0].length;
  }

  /** The run of one character at a place. */
  run(at: number): number {
    let end = at + 1;
    while (this.text[end] === this.text[at]) end++;
    this.#throwIfAtEnd(end);
    return end - at;
  }

  /**
   * The end of a code span that begins with `count` backticks: on one line, up to the next backticks, and without the
   * characters of tables and mathematics, which take precedence over code in some clients.
   */
  codeSpan(at: number, count: number): number | undefined {
    const content = this.text.slice(at + count, at + count + MAX_CONSTRUCT_CHARS);
    const length = content.search(/[`\r\n]/);
    if (length < 0) this.throwIfUndecided(at + count);
    if (content[length] !== '`' || DOUBTFUL_IN_CODE.test(content.slice(0, length))) return undefined;
    const end = at + count + length;
    return this.run(end) === count ? end + count : undefined;
  }

  /** The end of the line that begins a fence, behind its backticks: the name of a language and nothing else. */
  fenceInfo(at: number): number | undefined {
    const found = this.match(FENCE_INFO, at, LINE_END);
    return found === null ? undefined : at + found[0].length;
  }

  /** Whether nothing else is on the line that ends a fence, behind its backticks. */
  isFenceEnd(at: number): boolean {
    const found = this.match(FENCE_END, at, /\S/);
    if (found !== null) this.#throwIfAtEnd(at + found[0].length);
    return found !== null;
  }
}
