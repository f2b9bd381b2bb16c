import { basename, extname } from 'node:path';
import { readDocx } from './read-docx.ts';
import { readHtml } from './read-html.ts';
import { readMarkdown } from './read-markdown.ts';
import { readPdf } from './read-pdf.ts';
import { DocumentError, type ReadDocument } from './section.ts';

/** Limits the text of one file, because reading copies it several times. */
const MAX_CHARS = 10_000_000;

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
  if (document.sections.length === 0) throw new DocumentError('it holds no text');
  return document;
}

/**
 * Decodes a text by its byte order mark, else as UTF-8, and as Windows-1252 if most of its other characters than ASCII
 * are not valid in UTF-8. Throws a DocumentError if it is no text, or too long.
 */
function decodeText(bytes: Uint8Array): string {
  const text = decoded(bytes);
  if (text.length > MAX_CHARS) throw new DocumentError(`its text has more than ${MAX_CHARS} characters`);
  if (text.includes('\0')) throw new DocumentError('its encoding is unknown');
  return text;
}

function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  const text = new TextDecoder().decode(bytes);
  const wrong = text.match(/\ufffd/g)?.length ?? 0;
  const foreign = text.match(/[^\0-\x7f]/g)?.length ?? 0;
  // One damaged character leaves the others right.
  return wrong > foreign / 2 ? new TextDecoder('windows-1252').decode(bytes) : text;
}
