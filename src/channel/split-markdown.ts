import { openFence, safeCharsWithin, safeMarkdown } from './safe-markdown.ts';

/** A part has at least this share of the maximum, so that a text does not become many small messages. */
const MIN_FILL = 0.5;
/** If the `safeMarkdown` of a part is too long, the next try has this share of its characters. */
const SHRINKAGE = 0.95;
/** Longer than any emoji with all of its modifiers. */
const MAX_GRAPHEME_CHARS = 64;
/** A longer fence would take the room of the code. */
const MAX_FENCE_CHARS = 100;

const FENCE_LINE = /^[ \t]*(?:`{3,}|~{3,})[ \t]*$/;
/** Blank lines, and the end of the line before. */
const LINE_ENDS = /^(?:[^\S\r\n]*(?:\r\n|\r|\n))+/;
const SENTENCES = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const CHARACTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Splits a text of Markdown into parts whose `safeMarkdown` has at most `maxChars` characters (UTF-16): at the end of a
 * paragraph, or of a sentence, or between words, or between characters. Code that is cut goes on as code in the next
 * part. Only the white space at the cuts is dropped, and the end of code where its part has one already.
 */
export function splitMarkdown(text: string, maxChars: number): string[] {
  if (text.length <= maxChars && safeLength(text) <= maxChars) return [text];
  const parts: string[] = [];
  for (let rest = text.trimStart(); rest !== ''; ) {
    const end = endOfPart(rest, maxChars);
    const part = partTo(rest, end);
    parts.push(part);
    const remainder = remainderOf(part, rest.slice(end));
    // What is added to the rest must not make it grow forever.
    rest = remainder.length < rest.length ? remainder : rest.slice(end).trimStart();
  }
  return parts;
}

function safeLength(part: string): number {
  return safeMarkdown(part).length;
}

function partTo(rest: string, end: number): string {
  return end === rest.length ? rest : rest.slice(0, end).trimEnd();
}

function endOfPart(rest: string, maxChars: number): number {
  // If the rest begins with a run of backticks or a link that is longer than a part, nothing fits: cut within it.
  const fitting = (chars: number) => safeCharsWithin(rest, chars) || Math.min(rest.length, chars);
  const minChars = fitting(Math.ceil(maxChars * MIN_FILL));
  let tryChars = fitting(maxChars);
  for (;;) {
    // Where a character or a sentence ends depends on what follows.
    const head = rest.slice(0, tryChars + MAX_GRAPHEME_CHARS);
    const end = rest.length <= tryChars ? rest.length : cutOf(head, Math.min(minChars, tryChars), tryChars);
    if (tryChars === 1 || safeLength(partTo(rest, end)) <= maxChars) return end;
    // The cut itself makes the part longer, such as by the end of the code that it cuts.
    tryChars = Math.max(1, Math.floor(Math.min(tryChars, end) * SHRINKAGE));
  }
}

function cutOf(head: string, minChars: number, maxChars: number): number {
  const fits = (at: number) => at >= minChars && head.slice(0, at).trimEnd().length <= maxChars;
  const lastOf = (found: Iterable<{ readonly index: number }>) =>
    Array.from(found, ({ index }) => index).findLast(fits);
  return (
    lastOf(head.matchAll(/\r?\n\r?\n/g)) ??
    lastOf(SENTENCES.segment(head)) ??
    lastSpace(head, minChars, maxChars) ??
    wholeCharacter(head, maxChars)
  );
}

function lastSpace(head: string, minChars: number, maxChars: number): number | undefined {
  for (let at = maxChars; at >= minChars; at--) if (/\s/.test(head[at] ?? '')) return at;
  return undefined;
}

/**
 * The last place between two characters. Between two code points if the character at `maxChars` begins the head, or
 * begins more than MAX_GRAPHEME_CHARS before.
 */
function wholeCharacter(head: string, maxChars: number): number {
  const at = CHARACTERS.segment(head).containing(maxChars)?.index ?? maxChars;
  if (at > 0 && maxChars - at <= MAX_GRAPHEME_CHARS) return at;
  const isInside = /^[\ud800-\udbff][\udc00-\udfff]/.test(head.slice(maxChars - 1));
  return isInside && maxChars > 1 ? maxChars - 1 : maxChars;
}

/**
 * What remains to be sent behind a part of a text: `rest`, without the white space at the cut. If the part ends within
 * a block of code, its `safeMarkdown` closes the block, so the remainder opens it again, or leaves out the line that
 * would have closed it.
 */
export function remainderOf(part: string, rest: string): string {
  const fence = openFence(`${part}\n`);
  if (fence === undefined || fence.length > MAX_FENCE_CHARS) return rest.trimStart();
  // The indent of a line of code counts. The rest of a cut line has none, and would end a fence that is indented.
  const missing = LINE_ENDS.test(rest) ? 0 : indentOf(fence) - indentOf(rest);
  const code = `${' '.repeat(Math.max(0, missing))}${rest.replace(LINE_ENDS, '')}`.trimEnd();
  const [firstLine = ''] = code.split(/[\r\n]/, 1);
  if (code !== '' && openFence(`${fence}\n${firstLine}\n`) !== undefined) return `${fence}\n${code}`;
  return (FENCE_LINE.test(firstLine) ? code.slice(firstLine.length) : code).trimStart();
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
