import { type ReadDocument, SectionBuilder } from './section.ts';

const HEADING = /^(#{1,6})\s+(.+?)\s*#*$/;
/** The mark of a code block, and the text after it. Backticks before other backticks only quote code in a line. */
const FENCE = /^(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
const SETTING = /^(?:[\p{L}\p{N}_.-]+|"[^"]*"|'[^']*')\s*:(?:\s|$)/u;
/** A line of YAML: a setting, a list item, a comment, the end of a list or object, or the rest of a value, indented. */
const FRONT_MATTER = new RegExp(`${SETTING.source}|^(?:-\\s|#|[\\]}]|\\s|$)`, 'u');

/** Reads Markdown and plain text. Sections end at headings, paragraphs at empty lines. */
export function readMarkdown(text: string, name: string): ReadDocument {
  const builder = new SectionBuilder();
  let lines: string[] = [];
  /** The fence that has begun the code; `undefined` outside of code. */
  let fence: string | undefined;
  const endParagraph = () => {
    builder.paragraph(lines.join('\n'));
    lines = [];
  };
  for (const line of withoutFrontMatter(text).split(/\r?\n/)) {
    const [, mark, info = ''] = FENCE.exec(line) ?? [];
    if (fence === undefined) fence = mark;
    // Code ends with the same mark, at least as long, and nothing after it.
    else if (mark?.startsWith(fence) && info.trim() === '') fence = undefined;
    const [, marks, heading] = fence !== undefined ? [] : (HEADING.exec(line) ?? []);
    if (marks !== undefined && heading !== undefined) {
      endParagraph();
      builder.heading(marks.length, heading);
    } else if (line.trim() === '' && fence === undefined) endParagraph();
    else lines.push(line);
  }
  endParagraph();
  return builder.document(name);
}

/** Removes the settings of site generators, between two lines of dashes at the top. Such lines may also be rules. */
function withoutFrontMatter(text: string): string {
  const [front = '', settings = ''] = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text) ?? [];
  const lines = settings.split(/\r?\n/);
  const areSettings = lines.some((line) => SETTING.test(line)) && lines.every((line) => FRONT_MATTER.test(line));
  return text.slice(areSettings ? front.length : 0).replace(/^\uFEFF/, '');
}
