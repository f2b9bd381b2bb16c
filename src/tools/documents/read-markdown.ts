import { type ReadDocument, SectionBuilder } from './section.ts';

const HEADING = /^(#{1,6})\s+(.+?)\s*#*$/;
const FENCE = /^(```|~~~)/;
const SETTING = /^(?:[\p{L}\p{N}_.-]+|"[^"]*"|'[^']*')\s*:(?:\s|$)/u;
/** A line of YAML: a setting, a list item, a comment, the end of a list or object, or the rest of a value, indented. */
const FRONT_MATTER = new RegExp(`${SETTING.source}|^(?:-\\s|#|[\\]}]|\\s|$)`, 'u');

/** Reads Markdown and plain text. Sections end at headings, paragraphs at empty lines. */
export function readMarkdown(text: string, name: string): ReadDocument {
  const builder = new SectionBuilder();
  let lines: string[] = [];
  let isCode = false;
  const endParagraph = () => {
    builder.paragraph(lines.join('\n'));
    lines = [];
  };
  for (const line of withoutFrontMatter(text).split(/\r?\n/)) {
    if (FENCE.test(line)) isCode = !isCode;
    const [, marks, heading] = isCode ? [] : (HEADING.exec(line) ?? []);
    if (marks !== undefined && heading !== undefined) {
      endParagraph();
      builder.heading(marks.length, heading);
    } else if (line.trim() === '' && !isCode) endParagraph();
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
