import { type ReadDocument, SectionBuilder } from './section.ts';

const HEADING = /^(#{1,6})\s+(.+?)\s*#*$/;
const FENCE = /^(```|~~~)/;

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

/** Removes the settings of site generators, between two lines of dashes at the top. */
function withoutFrontMatter(text: string): string {
  return text.replace(/^\uFEFF?---\r?\n[\s\S]*?\r?\n---\r?\n/, '').replace(/^\uFEFF/, '');
}
