import { AttachmentError } from '../errors.ts';

const MAX_KIND_CHARS = 256;
const BASE64 = /; *base64 *$/i;
const BASE64_TEXT = /^[a-z0-9+/]*$/i;

export function isDataUri(text: string): boolean {
  return /^data:/i.test(text);
}

/**
 * Reads a data URI, in base64 or percent-encoded (RFC 2397). Throws an AttachmentError: `too_large` above `maxBytes`,
 * `damaged` if it cannot be read.
 */
export function readDataUri(text: string, maxBytes: number): Buffer {
  const [head, kind = ''] = /^data:([^,]*),/i.exec(text.slice(0, MAX_KIND_CHARS)) ?? [];
  if (head === undefined) throw damaged('it is no data URI, or its type is too long');
  // A byte takes at most three characters, so anything longer is refused before decoding.
  if (text.length - head.length > maxBytes * 3 + MAX_KIND_CHARS) throw tooLarge(maxBytes);
  const body = text.slice(head.length);
  const bytes = BASE64.test(kind) ? fromBase64(body) : fromPercent(body);
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

function fromPercent(body: string): Buffer {
  // Latin-1 has one character for each byte, so that bytes of UTF-8 and escaped bytes can be joined.
  const latin1 = Buffer.from(body).toString('latin1');
  const unescaped = latin1.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(unescaped, 'latin1');
}

/** Refuses invalid characters: Buffer would skip them and return other content. */
function fromBase64(body: string): Buffer {
  const unescaped = body.includes('%') ? fromPercent(body).toString('latin1') : body;
  const code = unescaped.replace(/\s/g, '').replace(/={1,2}$/, '');
  if (code.length % 4 === 1 || !BASE64_TEXT.test(code)) throw damaged('it is not base64');
  return Buffer.from(code, 'base64');
}

function damaged(why: string): AttachmentError {
  return new AttachmentError('damaged', `a data URI: ${why}`);
}

function tooLarge(maxBytes: number): AttachmentError {
  return new AttachmentError('too_large', `a data URI: more than ${maxBytes} bytes`);
}
