import type { ReadDocument } from './section.ts';

/** The unit that a search finds. */
export interface Chunk {
  readonly heading: string;
  readonly text: string;
  readonly page: number | undefined;
}

const MIN_CHARS = 80;
const MAX_CHARS = 1_200;

/** Splits a document into chunks that are long enough to be useful and short enough to be quoted. */
export function chunksOf({ sections }: ReadDocument): Chunk[] {
  return sections.flatMap(({ headings, text, page }) =>
    piecesOf(text).map((piece) => ({ heading: headings.join(' > '), text: piece, page })),
  );
}

/** Joins paragraphs up to the limit, which the last one may exceed if it is short. Splits a longer one at a space. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (const paragraph of text.split(/\n\s*\n/).flatMap(cut)) {
    const last = pieces.at(-1);
    const maxChars = paragraph.length < MIN_CHARS ? MAX_CHARS + MIN_CHARS : MAX_CHARS;
    const joined = last === undefined ? paragraph : `${last}\n\n${paragraph}`;
    if (last === undefined || joined.length > maxChars) pieces.push(paragraph);
    else pieces[pieces.length - 1] = joined;
  }
  return pieces;
}

function cut(paragraph: string): string[] {
  const pieces: string[] = [];
  let left = paragraph.trim();
  while (left.length > MAX_CHARS) {
    const space = left.lastIndexOf(' ', MAX_CHARS);
    const end = space > MAX_CHARS / 2 ? space : MAX_CHARS;
    pieces.push(left.slice(0, end));
    left = left.slice(end).trim();
  }
  return left === '' ? pieces : [...pieces, left];
}
