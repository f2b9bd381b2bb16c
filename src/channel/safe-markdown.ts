import { readImage, withoutImage } from './markdown-image.ts';
import {
  readAutolink,
  readCodeSpan,
  readFenceEnd,
  readFenceInfo,
  readLinkTail,
  readRun,
  type Source,
} from './markdown-lookahead.ts';

/**
 * The text as a channel may have it: nothing in it makes a client load anything. Images become links, and raw HTML becomes
 * text; links, code spans and fenced code stay. What the model is shown again keeps its own form.
 *
 * Clients read Markdown in different ways (Web Chat by CommonMark with tables and mathematics, Teams by rules of its own),
 * so code counts as code only where all of them see it: where backticks may be paired in another way, what stands between
 * them is made safe as well. Takes linear time.
 */
export function safeMarkdown(text: string): string {
  return new Neutralizer({ text, isWhole: true }).run();
}

/** As much of it as is certain while more text follows: every `safeMarkdown` of a longer text begins with it. */
export function safeMarkdownSoFar(text: string): string {
  return new Neutralizer({ text, isWhole: false }).run();
}

const TAG_START = /[a-z/!?]/i;
const MIN_FENCE_TICKS = 3;
const MAX_FENCE_INDENT = 3;
const TAB_SPACES = 4;

interface Fence {
  readonly indent: number;
  readonly ticks: string;
}

/** Reads a text once from its beginning. Each step either goes on, or finds that more of the text has to be known. */
class Neutralizer {
  readonly #source: Source;
  readonly #text: string;
  #at = 0;
  #out = '';
  #fence: Fence | undefined;
  /** Whether all clients agree so far on what is code: in the whole text, and in the paragraph. */
  #isTextSure = true;
  #isParagraphSure = true;
  /** Whether the line holds nothing but white space so far, and how much. */
  #isLineBlank = true;
  #indent = 0;
  #openBrackets = 0;
  /** Within the label of a reference, or a bare address: some clients read backticks as part of it. */
  #isInLabel = false;
  #isInAddress = false;
  /** Whether a `!` was written last. */
  #isBehindMark = false;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
  }

  run(): string {
    while (this.#at < this.#text.length && this.#step());
    if (this.#fence === undefined || !this.#source.isWhole) return this.#out;
    // What a client or we put below it is no code.
    const { indent, ticks } = this.#fence;
    return `${this.#out}${this.#out.endsWith('\n') ? '' : '\n'}${' '.repeat(indent)}${ticks}`;
  }

  /** False where the text so far does not tell what comes next. */
  #step(): boolean {
    const char = this.#text[this.#at] ?? '';
    if (char === '\n' || char === '\r') return this.#endLine(char);
    if (char === ' ' || char === '\t') return this.#space(char);
    if (this.#fence !== undefined) return this.#stepInFence(char, this.#fence);
    switch (char) {
      case '`':
        return this.#backticks();
      case '!':
        return this.#exclamation();
      case '<':
        return this.#lessThan();
      case ']':
        return this.#closingBracket();
      case '\\':
        return this.#backslash();
      default:
        return this.#plain(char);
    }
  }

  #endLine(char: string): boolean {
    if (char === '\r' && this.#isUnknown(this.#at + 1)) return false;
    const isBlank = this.#isLineBlank;
    this.#copy(char === '\r' && this.#text[this.#at + 1] === '\n' ? 2 : 1);
    this.#isLineBlank = true;
    this.#indent = 0;
    this.#isInAddress = false;
    if (isBlank && this.#fence === undefined) {
      this.#isParagraphSure = true;
      this.#openBrackets = 0;
      this.#isInLabel = false;
    }
    return true;
  }

  #space(char: string): boolean {
    const isBlank = this.#isLineBlank;
    this.#copy(1);
    this.#isLineBlank = isBlank;
    this.#indent += char === '\t' ? TAB_SPACES : 1;
    this.#isInAddress = false;
    return true;
  }

  #plain(char: string): boolean {
    const before = this.#text.slice(Math.max(0, this.#at - 3), this.#at).toLowerCase();
    if (char === '[') return this.#openBracket();
    this.#copy(1);
    // A footnote; mathematics; a fence that not all clients know.
    if (char === '^' && before.endsWith('[')) this.#isParagraphSure = false;
    else if (char === '$' && before.endsWith('$')) this.#isTextSure = false;
    else if (char === '~' && before.endsWith('~~')) this.#isTextSure = false;
    else if ((char === '/' && before.endsWith(':/')) || (char === '.' && before.endsWith('www')))
      this.#isInAddress = true;
    return true;
  }

  #backslash(): boolean {
    const next = this.#text[this.#at + 1];
    if (next === undefined && !this.#source.isWhole) return false;
    switch (next) {
      case '\\':
      case '!':
        return this.#copy(2);
      case '`':
        this.#isParagraphSure = false;
        return this.#copy(1);
      case '(':
      case ')':
      case '[':
      case ']':
        // In Web Chat, mathematics.
        this.#isTextSure = false;
        return this.#copy(2);
      case '<':
        if (this.#isUnknown(this.#at + 2)) return false;
        if (!TAG_START.test(this.#text[this.#at + 2] ?? '')) return this.#copy(2);
        this.#at += 2;
        return this.#write('&lt;');
      default:
        return this.#copy(1);
    }
  }

  #exclamation(): boolean {
    if (this.#isUnknown(this.#at + 1)) return false;
    if (this.#text[this.#at + 1] !== '[') return this.#copy(1);
    const image = readImage(this.#source, this.#at);
    if (image === 'open') return false;
    const { text, next } =
      image === undefined ? { text: '', next: this.#at + 1 } : withoutImage(image, this.#openBrackets > 0);
    this.#at = next;
    if (text.startsWith('[')) return this.#openBracket(text);
    return text === '' || this.#write(text);
  }

  /** Behind a `!` that stays, were it hidden by a backslash, it would begin an image in some client. */
  #openBracket(name?: string): boolean {
    if (this.#isBehindMark) this.#out += ' ';
    this.#openBrackets++;
    return name === undefined ? this.#copy(1) : this.#write(name);
  }

  #lessThan(): boolean {
    if (this.#isUnknown(this.#at + 1)) return false;
    if (!TAG_START.test(this.#text[this.#at + 1] ?? '')) return this.#copy(1);
    const end = readAutolink(this.#source, this.#at);
    if (end === 'open') return false;
    if (end !== undefined) return this.#copy(end - this.#at);
    this.#at++;
    return this.#write('&lt;');
  }

  #closingBracket(): boolean {
    const next = this.#at + 1;
    if (this.#isUnknown(next)) return false;
    const tail = this.#text[next] === '(' ? readLinkTail(this.#source, next) : undefined;
    if (tail === 'open') return false;
    this.#openBrackets = Math.max(0, this.#openBrackets - 1);
    this.#isInLabel = this.#text[next] === '[';
    if (tail !== undefined) return this.#copy(tail.end - this.#at);
    // Where the link ends, if it is one, clients may see differently.
    if (this.#text[next] === '(') this.#isParagraphSure = false;
    return this.#copy(1);
  }

  #backticks(): boolean {
    const count = readRun(this.#source, this.#at);
    if (count === 'open') return false;
    if (this.#isInLabel || this.#isInAddress) this.#isParagraphSure = false;
    const isSure = this.#isTextSure && this.#isParagraphSure;
    if (count >= MIN_FENCE_TICKS) return this.#longRun(count, isSure && this.#isLineBlank);
    if (!isSure) return this.#copy(count);
    const end = readCodeSpan(this.#source, this.#at, count);
    if (end === 'open') return false;
    if (end !== undefined) return this.#copy(end - this.#at);
    this.#isParagraphSure = false;
    return this.#copy(count);
  }

  /** A fence that all clients see, or else nothing of which is known what it means for the rest of the text. */
  #longRun(count: number, mayBeFence: boolean): boolean {
    const end =
      mayBeFence && this.#indent <= MAX_FENCE_INDENT ? readFenceInfo(this.#source, this.#at + count) : undefined;
    if (end === 'open') return false;
    if (end === undefined) this.#isTextSure = false;
    else this.#fence = { indent: this.#indent, ticks: '`'.repeat(count) };
    return this.#copy(end === undefined ? count : end - this.#at);
  }

  #stepInFence(char: string, { indent, ticks }: Fence): boolean {
    // In a list, a line to the left of it ends the list and the fence; elsewhere it does not.
    if (this.#isLineBlank && this.#indent < indent) return this.#leaveFence();
    if (char !== '`') return this.#copy(1);
    const count = readRun(this.#source, this.#at);
    if (count === 'open') return false;
    if (count < MIN_FENCE_TICKS) return this.#copy(count);
    if (!this.#isLineBlank || this.#indent > MAX_FENCE_INDENT || count < ticks.length) return this.#leaveFence();
    const end = readFenceEnd(this.#source, this.#at + count);
    if (end === 'open') return false;
    if (end === undefined) return this.#leaveFence();
    this.#fence = undefined;
    return this.#copy(count);
  }

  /** Some clients see its end here. */
  #leaveFence(): boolean {
    this.#fence = undefined;
    this.#isTextSure = false;
    return true;
  }

  #isUnknown(at: number): boolean {
    return at >= this.#text.length && !this.#source.isWhole;
  }

  #copy(chars: number): boolean {
    this.#out += this.#text.slice(this.#at, this.#at + chars);
    this.#at += chars;
    this.#isBehindMark = this.#text[this.#at - 1] === '!';
    this.#isLineBlank = false;
    return true;
  }

  #write(text: string): boolean {
    this.#out += text;
    this.#isBehindMark = false;
    this.#isLineBlank = false;
    return true;
  }
}
