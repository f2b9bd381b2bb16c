import { DocumentError } from './document-error.ts';
import type { ReadDocument, Section } from './section.ts';

const MAX_PAGES = 2_000;

/** Reads the text of each page of a PDF. Throws a DocumentError, also if all pages are pictures. */
export async function readPdf(bytes: Uint8Array, name: string): Promise<ReadDocument> {
  const { extractText, getDocumentProxy } = await import('unpdf');
  const { pages, count } = await textOf(async () => {
    const pdf = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
    try {
      if (pdf.numPages > MAX_PAGES) return { pages: [], count: pdf.numPages };
      const { text } = await extractText(pdf, { mergePages: false });
      return { pages: text, count: pdf.numPages };
    } finally {
      await pdf.loadingTask.destroy();
    }
  });
  if (count > MAX_PAGES) throw new DocumentError('too_large', `it has ${count} pages, more than ${MAX_PAGES}`);
  const sections = pages.flatMap((text, at): Section[] =>
    text.trim() === '' ? [] : [{ headings: [], text: text.trim(), page: at + 1 }],
  );
  if (sections.length === 0) throw new DocumentError('no_text', 'it has no text: its pages are pictures');
  return { title: name, sections };
}

async function textOf<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new DocumentError('damaged', 'it is not a readable PDF', { cause });
  }
}
