import { DocumentError } from './document-error.ts';

/** Limits the text of one file, because reading copies it several times. */
const MAX_CHARS = 10_000_000;

/**
 * Decodes a text by its byte order mark, else as UTF-8, and as Windows-1252 if most of its other characters than ASCII are
 * not valid in UTF-8. Throws a DocumentError if it is no text, or too long.
 */
export function decodeText(bytes: Uint8Array): string {
  const text = decoded(bytes);
  if (text.length > MAX_CHARS) throw new DocumentError('too_large', `its text has more than ${MAX_CHARS} characters`);
  if (text.includes('\0')) throw new DocumentError('damaged', 'its encoding is unknown');
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
