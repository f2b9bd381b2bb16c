import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fold } from '../../src/tools/documents/words.ts';
import { pdf } from '../tools/documents-under-test.ts';
import type { DocumentCalls, DocumentFigures } from './documents-process.ts';
import { handbook, queriesOf } from './handbook.ts';
import { startRemote } from './remote.ts';

/** The figures of the documents. */
export interface MeasuredDocuments extends DocumentFigures {
  readonly pages: number;
  /** Reading and indexing a PDF, with the start of the thread and of the library. */
  readonly pdfPageMs: number;
}

const PDF_PAGES = 200;
const CHARS_PER_LINE = 80;

/** Each folder in a fresh process. */
export async function measureDocuments(pages: number, queries: number): Promise<MeasuredDocuments> {
  const texts = handbook(pages);
  const markdown = await inFolder(
    texts.map((text, page) => [`page-${page}.md`, text]),
    queriesOf(queries),
  );
  const book = await inFolder([['book.pdf', pdf(texts.slice(0, PDF_PAGES).map(linesOf))]], []);
  return { ...markdown, pages, pdfPageMs: book.indexedMs / Math.min(PDF_PAGES, pages) };
}

async function inFolder(
  files: readonly (readonly [name: string, content: string | Uint8Array])[],
  queries: readonly string[],
): Promise<DocumentFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-documents-'));
  const process = startRemote<DocumentCalls>({
    name: 'the process that searches',
    args: ['--expose-gc', fileURLToPath(new URL('./documents-process.ts', import.meta.url))],
  });
  try {
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    return await process.call('measure', { folder, queries });
  } finally {
    await process.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Lines of text as a PDF shows them, in the characters of its standard font. */
function linesOf(text: string): string {
  const letters = fold(text).replaceAll(/[^\n -~]|[()\\]/g, '');
  const lines = letters.match(new RegExp(`.{1,${CHARS_PER_LINE}}`, 'g')) ?? [];
  return lines.join(') Tj 0 -14 Td (');
}
