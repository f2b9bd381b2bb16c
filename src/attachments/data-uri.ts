import { AttachmentError } from '../errors.ts';
import type { Fetched } from './http-get.ts';

const MAX_KIND_CHARS = 256;
const BASE64 = /; *base64 *$/i;
const BASE64_TEXT = /^[a-z0-9+/]*$/i;

/** Whether an address holds its content itself. */
export function isDataUri(text: string): boolean {
  return /^data:/i.test(text);
}

/**
 * Reads content that stands in its address, in base64 or percent-encoded (RFC 2397). Throws an AttachmentError:
 * `too_large` above `maxBytes`, `damaged` for one that cannot be read.
 */
export function readDataUri(text: string, maxBytes: number): Fetched {
  const [head, kind = ''] = /^data:([^,]*),/i.exec(text.slice(0, MAX_KIND_CHARS)) ?? [];
  if (head === undefined) throw damaged('it is no data URI, or says too much of its kind');
  // A byte takes three characters at most: what is longer than that is not even looked at.
  if (text.length - head.length > maxBytes * 3 + MAX_KIND_CHARS) throw tooLarge(maxBytes);
  const body = text.slice(head.length);
  const bytes = BASE64.test(kind) ? fromBase64(body) : fromPercent(body);
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return { bytes, contentType: kind.replace(BASE64, '').trim() || undefined };
}

function fromPercent(body: string): Buffer {
  // As bytes, one a character, so that those of UTF-8 and those in percents can be told together.
  const plain = Buffer.from(body).toString('latin1');
  const whole = plain.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(whole, 'latin1');
}

/** Buffer reads over what is not base64: the content would be another one. */
function fromBase64(body: string): Buffer {
  const spelled = body.includes('%') ? fromPercent(body).toString('latin1') : body;
  const code = spelled.replace(/\s/g, '').replace(/={1,2}$/, '');
  if (code.length % 4 === 1 || !BASE64_TEXT.test(code)) throw damaged('it is not base64');
  return Buffer.from(code, 'base64');
}

function damaged(why: string): AttachmentError {
  return new AttachmentError('damaged', `content in its own address: ${why}`);
}

function tooLarge(maxBytes: number): AttachmentError {
  return new AttachmentError('too_large', `content in its own address: more than ${maxBytes} bytes`);
}
