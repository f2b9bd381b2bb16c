import { basename, extname } from 'node:path';
import { decodeText } from './decode-text.ts';
import { DocumentError } from './document-error.ts';
import { readDocx } from './read-docx.ts';
import { readHtml } from './read-html.ts';
import { readMarkdown } from './read-markdown.ts';
import { readPdf } from './read-pdf.ts';
import type { ReadDocument } from './section.ts';

type Reader = (bytes: Uint8Array, name: string) => ReadDocument | Promise<ReadDocument>;

const readText: Reader = (bytes, name) => readMarkdown(decodeText(bytes), name);
const readPage: Reader = (bytes, name) => readHtml(decodeText(bytes), name);

/** The readers by file extension. */
const READERS: Readonly<Record<string, Reader>> = {
  '.md': readText,
  '.markdown': readText,
  '.txt': readText,
  '.html': readPage,
  '.htm': readPage,
  '.pdf': readPdf,
  '.docx': readDocx,
};

/** Whether files with that name are searched. */
export function isDocument(path: string): boolean {
  return Object.hasOwn(READERS, extname(path).toLowerCase());
}

/** Reads a file by its kind. Rejects with a DocumentError. */
export async function readDocument(path: string, bytes: Uint8Array): Promise<ReadDocument> {
  const kind = extname(path).toLowerCase();
  const read = READERS[kind] ?? readText;
  const document = await read(bytes, basename(path, extname(path)));
  if (document.sections.length === 0) throw new DocumentError('no_text', 'it holds no text');
  return document;
}
