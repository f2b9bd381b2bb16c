import { AttachmentError } from '../errors.ts';

const MAX_KIND_CHARS = 256;

export function isDataUri(text: string): boolean {
  return /^data:/i.test(text);
}

/**
 * Reads a data URI as browsers do (https://fetch.spec.whatwg.org/#data-url-processor). Rejects with an AttachmentError:
 * `too_large` above `maxBytes`, `damaged` if it cannot be read.
 */
export async function readDataUri(text: string, maxBytes: number): Promise<Buffer> {
  // Any other address would be fetched from the network.
  if (!isDataUri(text)) throw new AttachmentError('damaged', 'not a data URI');
  // A byte takes at most three characters, so anything longer is refused before decoding.
  const bytes = text.length > maxBytes * 3 + MAX_KIND_CHARS ? undefined : await decode(text);
  if (bytes === undefined || bytes.length > maxBytes) {
    throw new AttachmentError('too_large', `a data URI: more than ${maxBytes} bytes`);
  }
  return bytes;
}

/** The error of `fetch` may quote the URI, so it is not passed on. */
async function decode(text: string): Promise<Buffer> {
  try {
    return Buffer.from(await (await fetch(text)).arrayBuffer());
  } catch {
    throw new AttachmentError('damaged', 'a data URI that cannot be decoded');
  }
}
