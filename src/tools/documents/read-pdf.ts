import { DocumentError, type ReadDocument, type Section } from './section.ts';

const MAX_PAGES = 2_000;

/** Reads the text of each page of a PDF. Throws a DocumentError, also if all pages are pictures. */
export async function readPdf(bytes: Uint8Array, name: string): Promise<ReadDocument> {
  const pages = await pagesOf(bytes);
  const sections = pages.flatMap((text, at): Section[] =>
    text.trim() === '' ? [] : [{ headings: [], text: text.trim(), page: at + 1 }],
  );
  if (sections.length === 0) throw new DocumentError('it has no text: its pages are pictures');
  return { title: name, sections };
}

async function pagesOf(bytes: Uint8Array): Promise<readonly string[]> {
  const { extractText, getDocumentProxy } = await import('unpdf');
  try {
    const pdf = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
    try {
      const { numPages } = pdf;
      if (numPages > MAX_PAGES) throw new DocumentError(`it has ${numPages} pages, more than ${MAX_PAGES}`);
      return (await extractText(pdf, { mergePages: false })).text;
    } finally {
      await pdf.loadingTask.destroy();
    }
  } catch (cause) {
    if (cause instanceof DocumentError) throw cause;
    throw new DocumentError('it is not a readable PDF', { cause });
  }
}
