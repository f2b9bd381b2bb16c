import { replaceImage } from './markdown-image.ts';
import { MarkdownSource, UNDECIDED } from './markdown-source.ts';

/**
 * The text in a form in which no client loads anything for it. Images become links, and raw HTML becomes text. The
 * result defines no link references. Links, code spans and fenced code stay. The model's own text is stored unchanged.
 *
 * Clients read Markdown in different ways (Web Chat by CommonMark with tables and mathematics, Teams by its own rules),
 * so code counts as code only where all of them agree. Takes linear time.
 */
export function safeMarkdown(text: string): string {
  return new Neutralizer(new MarkdownSource(text, true)).run();
}

/** The part of it that is certain while more text follows: every `safeMarkdown` of a longer text begins with it. */
export function safeMarkdownSoFar(text: string): string {
  return new Neutralizer(new MarkdownSource(text, false)).run();
}

/** How many characters at the beginning of a text have a `safeMarkdown` of at most `maxChars` characters. */
export function safeCharsWithin(text: string, maxChars: number): number {
  return new Neutralizer(new MarkdownSource(text, true)).charsWithin(maxChars);
}

/** The line that opened the code in which a text ends; `undefined` if it ends outside of code. */
export function openFence(text: string): string | undefined {
  return new Neutralizer(new MarkdownSource(text, true)).openFence();
}

const TAG_START = /[a-z/!?]/i;
const MIN_FENCE_TICKS = 3;
const MAX_FENCE_INDENT = 3;
const TAB_SPACES = 4;
/** What follows the mark of a fence on its line. More than the name of a language is not kept. */
const MAX_INFO_CHARS = 40;

interface Fence {
  readonly indent: number;
  readonly ticks: string;
  /** What follows them on the line: usually the name of a language. */
  readonly info: string;
}

/** Reads a text once from its beginning. A step first reads all that it needs, then writes, then goes on. */
class Neutralizer {
  readonly #source: MarkdownSource;
  readonly #text: string;
  #at = 0;
  #out = '';
  /** Not read off `#out`, which would be copied as a whole each time. */
  #lastChar = '';
  #fence: Fence | undefined;
  /** The open fence of tildes, which only some clients know: to the others, what is in it is text. */
  #tildeFence: Fence | undefined;
  /** Whether all clients agree so far on what is code: in the whole text, and in the paragraph. */
  #isTextSure = true;
  #isParagraphSure = true;
  /** Whether the line holds only white space so far, and how much. */
  #isLineBlank = true;
  #indent = 0;
  #openBrackets = 0;
  /** Within the label of a reference, or a bare address: some clients read backticks as part of it. */
  #isInLabel = false;
  #isInAddress = false;

  constructor(source: MarkdownSource) {
    this.#source = source;
    this.#text = source.text;
  }

  run(): string {
    this.#readAll();
    const open = this.#open;
    if (open === undefined || !this.#source.isWhole) return this.#out;
    // The client, or the bot, may put text below that is not code.
    const { indent, ticks } = open;
    return `${this.#out}${this.#out.endsWith('\n') ? '' : '\n'}${' '.repeat(indent)}${ticks}`;
  }

  charsWithin(maxChars: number): number {
    let within = 0;
    while (this.#at < this.#text.length) {
      this.#step();
      if (this.#out.length > maxChars) return within;
      within = this.#at;
    }
    return within;
  }

  openFence(): string | undefined {
    this.#readAll();
    return this.#open && `${' '.repeat(this.#open.indent)}${this.#open.ticks}${this.#open.info}`;
  }

  get #open(): Fence | undefined {
    return this.#fence ?? this.#tildeFence;
  }

  #readAll(): void {
    try {
      while (this.#at < this.#text.length) this.#step();
    } catch (error) {
      if (error !== UNDECIDED) throw error;
    }
  }

  #fenceAt(char: string, count: number): Fence {
    const behind = this.#text.slice(this.#at + count, this.#at + count + MAX_INFO_CHARS);
    const [info = ''] = behind.split(/[\r\n]/, 1);
    return {
      indent: this.#indent,
      ticks: char.repeat(count),
      info: info.length < MAX_INFO_CHARS ? info.trimEnd() : '',
    };
  }

  #step(): void {
    const char = this.#text.charAt(this.#at);
    const next = this.#at + 1;
    if (char === '\n' || char === '\r') this.#endLine(char);
    else if (char === ' ' || char === '\t') this.#space(char);
    else if (this.#fence !== undefined) this.#stepInFence(char, this.#fence);
    else if (char === '`') this.#backticks();
    else if (char === '~' && this.#isLineBlank) this.#tildes();
    else if (char === '!' && this.#source.charAt(next) === '[') this.#image();
    else if (char === '<' && TAG_START.test(this.#source.charAt(next))) this.#tag();
    else if (char === '[') this.#openBracket();
    else if (char === ']') this.#closeBracket();
    else if (char === '\\') this.#backslash(this.#source.charAt(next));
    else this.#plain(char);
  }

  #endLine(char: string): void {
    const isBlank = this.#isLineBlank;
    this.#copy(char === '\r' && this.#source.charAt(this.#at + 1) === '\n' ? 2 : 1);
    this.#isLineBlank = true;
    this.#indent = 0;
    this.#isInAddress = false;
    if (!isBlank || this.#fence !== undefined) return;
    this.#isParagraphSure = true;
    this.#openBrackets = 0;
    this.#isInLabel = false;
  }

  #space(char: string): void {
    const isBlank = this.#isLineBlank;
    this.#copy(1);
    this.#isLineBlank = isBlank;
    this.#indent += char === '\t' ? TAB_SPACES : 1;
    this.#isInAddress = false;
  }

  #plain(char: string): void {
    const before = this.#text.slice(Math.max(0, this.#at - 3), this.#at).toLowerCase();
    this.#copy(1);
    // A footnote.
    if (char === '^' && before.endsWith('[')) this.#isParagraphSure = false;
    // Mathematics.
    if (char === '$' && before.endsWith('$')) this.#isTextSure = false;
    // A fence of tildes within a line, which only some clients know.
    if (char === '~' && before.endsWith('~~')) this.#isTextSure = false;
    // An address.
    if ((char === '/' && before.endsWith(':/')) || (char === '.' && before.endsWith('www'))) this.#isInAddress = true;
  }

  #backslash(next: string): void {
    const isTag = next === '<' && TAG_START.test(this.#source.charAt(this.#at + 2));
    if (next === '`') this.#isParagraphSure = false;
    // Web Chat reads these as mathematics.
    if (next !== '' && '()[]'.includes(next)) this.#isTextSure = false;
    if (isTag) this.#write('&lt;', this.#at + 2);
    else this.#copy(next !== '' && '\\!()[]<'.includes(next) ? 2 : 1);
  }

  #image(): void {
    const { text, next, opensLink } = replaceImage(this.#source, this.#at, this.#openBrackets > 0);
    if (opensLink) this.#openBracket(text, next);
    else this.#write(text, next);
  }

  /** Behind a `!` that stays, even one behind a backslash, a bracket would begin an image in some client. */
  #openBracket(text = '[', next = this.#at + 1): void {
    this.#openBrackets++;
    this.#write(this.#lastChar === '!' ? ` ${text}` : text, next);
  }

  #tag(): void {
    const end = this.#source.autolink(this.#at);
    if (end === undefined) this.#write('&lt;', this.#at + 1);
    else this.#copy(end - this.#at);
  }

  #closeBracket(): void {
    const next = this.#at + 1;
    const char = this.#source.charAt(next);
    const tail = char === '(' ? this.#source.linkTail(next) : undefined;
    this.#openBrackets = Math.max(0, this.#openBrackets - 1);
    this.#isInLabel = char === '[';
    // Clients may disagree on where the link ends, if it is one.
    if (char === '(' && tail === undefined) this.#isParagraphSure = false;
    // A space before the colon prevents a definition. The first definition of a label counts, and the bot's own
    // definitions stand at the end.
    if (char === ':') this.#write('] ', next);
    else this.#copy((tail?.end ?? next) - this.#at);
  }

  #backticks(): void {
    const count = this.#source.run(this.#at);
    const isSure = this.#isTextSure && this.#isParagraphSure && !this.#isInLabel && !this.#isInAddress;
    if (count >= MIN_FENCE_TICKS) {
      this.#longRun(count, isSure && this.#isLineBlank);
      return;
    }
    const end = isSure ? this.#source.codeSpan(this.#at, count) : undefined;
    if (end === undefined) this.#isParagraphSure = false;
    this.#copy(end === undefined ? count : end - this.#at);
  }

  /** A fence that all clients see, or else a run whose meaning for the rest of the text is unknown. */
  #longRun(count: number, mayBeFence: boolean): void {
    const isFence = mayBeFence && this.#indent <= MAX_FENCE_INDENT;
    const end = isFence ? this.#source.fenceInfo(this.#at + count) : undefined;
    if (this.#isInLabel || this.#isInAddress) this.#isParagraphSure = false;
    if (end === undefined) this.#isTextSure = false;
    else this.#fence = this.#fenceAt('`', count);
    this.#copy(end === undefined ? count : end - this.#at);
  }

  #tildes(): void {
    const count = this.#source.run(this.#at);
    if (count >= MIN_FENCE_TICKS) this.#isTextSure = false;
    if (count >= MIN_FENCE_TICKS && this.#indent <= MAX_FENCE_INDENT) {
      const open = this.#tildeFence;
      const isEnd = open !== undefined && count >= open.ticks.length && this.#source.isFenceEnd(this.#at + count);
      this.#tildeFence = isEnd ? undefined : (open ?? this.#fenceAt('~', count));
    }
    this.#copy(count);
  }

  #stepInFence(char: string, { indent, ticks }: Fence): void {
    const count = char === '`' ? this.#source.run(this.#at) : 1;
    // In a list, a line to the left of the fence ends the list and the fence; elsewhere it does not.
    const isLeft = this.#isLineBlank && this.#indent < indent;
    const isRun = count >= MIN_FENCE_TICKS;
    const mayBeEnd = this.#isLineBlank && this.#indent <= MAX_FENCE_INDENT && count >= ticks.length;
    if (isLeft || (isRun && !(mayBeEnd && this.#source.isFenceEnd(this.#at + count)))) {
      // Some clients see the end of the fence here. The next step reads the character again, as text.
      this.#fence = undefined;
      this.#isTextSure = false;
      return;
    }
    if (isRun) this.#fence = undefined;
    this.#copy(count);
  }

  #copy(chars: number): void {
    this.#write(this.#text.slice(this.#at, this.#at + chars), this.#at + chars);
  }

  #write(text: string, next: number): void {
    this.#out += text;
    this.#lastChar = text.at(-1) ?? this.#lastChar;
    this.#at = next;
    this.#isLineBlank = false;
  }
}
