import { openFence, safeCharsWithin, safeMarkdown } from './safe-markdown.ts';
import { type SentForm, splitText } from './split-text.ts';

const FENCE_LINE = /^[ \t]*(?:`{3,}|~{3,})[ \t]*$/;
/** A longer fence would take the room of the code. */
const MAX_FENCE_CHARS = 100;
/** Blank lines, and the end of the line before. */
const LINE_ENDS = /^(?:[^\S\r\n]*(?:\r\n|\r|\n))+/;

const SAFE_FORM: SentForm = {
  lengthOf: (part) => safeMarkdown(part).length,
  fitting: safeCharsWithin,
  remainder: remainderOf,
};

/**
 * Splits a text of Markdown into parts whose `safeMarkdown` has at most `maxChars` characters. Code that is cut goes on as
 * code in the next part.
 */
export function splitMarkdown(text: string, maxChars: number): string[] {
  return splitText(text, maxChars, SAFE_FORM);
}

/**
 * What remains to be sent behind a part of a text: `rest`, without the white space at the cut. If the part ends within a
 * block of code, its `safeMarkdown` closes the block, so the remainder opens it again, or leaves out the line that would
 * have closed it.
 */
export function remainderOf(part: string, rest: string): string {
  const fence = openFence(`${part}\n`);
  if (fence === undefined || fence.length > MAX_FENCE_CHARS) return rest.trimStart();
  // The indent of a line of code counts. The rest of a cut line has none, and would end a fence that is indented.
  const missing = LINE_ENDS.test(rest) ? 0 : indentOf(fence) - indentOf(rest);
  const code = `${' '.repeat(Math.max(0, missing))}${rest.replace(LINE_ENDS, '')}`.trimEnd();
  const [firstLine = ''] = code.split(/[\r\n]/, 1);
  const reopened = `${fence}\n${code}`;
  if (code !== '' && openFence(`${fence}\n${firstLine}\n`) !== undefined) return reopened;
  return (FENCE_LINE.test(firstLine) ? code.slice(firstLine.length) : code).trimStart();
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
