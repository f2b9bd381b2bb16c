import type { IncomingMessage } from 'node:http';
import getRawBody from 'raw-body';
import { RequestError } from '../errors.ts';

/** The bounds of all bodies that one reader reads. */
export interface BodyBounds {
  /** Bodies that are being read at the same time, together; more are asked to come again. */
  readonly maxBytesAtOnce: number;
  /** For one body; a slower one is cut off. */
  readonly timeoutMs: number;
  /** What each body may send before it counts, and before `admit` is asked. Default: 0. */
  readonly freeBytes?: number;
  /** Asked about a body that goes on; nothing more of it is read meanwhile. Rejects for one that may not. */
  readonly admit?: ((request: IncomingMessage) => Promise<void>) | undefined;
}

/**
 * A reader whose bodies together take a bounded amount of memory, and each a bounded time. What has arrived counts, and
 * not what was announced: an announcement costs its sender nothing.
 */
export function bounded<T>(
  read: (request: IncomingMessage) => Promise<T>,
  { maxBytesAtOnce, timeoutMs, freeBytes = 0, admit }: BodyBounds,
): (request: IncomingMessage) => Promise<T> {
  let bytesHeld = 0;
  return async function readBounded(request) {
    let ownBytes = 0;
    let countedBytes = 0;
    let isAdmitted = false;
    let isOver = false;
    const refused = Promise.withResolvers<never>();
    const count = () => {
      const newBytes = Math.max(0, ownBytes - freeBytes) - countedBytes;
      countedBytes += newBytes;
      bytesHeld += newBytes;
      if (bytesHeld > maxBytesAtOnce) refused.reject(tooMany());
    };
    const goOn = () => {
      if (isOver) return;
      isAdmitted = true;
      count();
      request.resume();
    };
    const tooSlow = setTimeout(() => request.destroy(), timeoutMs);
    request.on('data', ({ byteLength }: Buffer) => {
      ownBytes += byteLength;
      if (admit === undefined || isAdmitted) return count();
      if (ownBytes <= freeBytes) return;
      request.pause();
      admit(request).then(goOn, refused.reject);
    });
    try {
      return await Promise.race([read(request), refused.promise]);
    } finally {
      isOver = true;
      clearTimeout(tooSlow);
      // What still comes of a body that was refused goes by unread.
      request.removeAllListeners('data').resume();
      bytesHeld -= countedBytes;
    }
  };
}

function tooMany(): RequestError {
  return new RequestError('busy', 'Too many requests at once. Please deliver this again.');
}

/** Throws a RequestError for a body that would have to be unpacked, and could become of any size by that. */
export function refuseEncoded({ headers: { 'content-encoding': encoding } }: IncomingMessage): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new RequestError(
    'unsupported_media_type',
    'Compressed bodies are not accepted; send it without Content-Encoding.',
  );
}

/** Reads up to so many bytes. Rejects with a RequestError. */
export async function wholeBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  try {
    return await getRawBody(request, { limit: maxBytes, length: request.headers['content-length'] ?? null });
  } catch (cause) {
    if ((cause as { type?: unknown }).type === 'entity.too.large') {
      throw new RequestError('too_large', `The body is larger than ${maxBytes} bytes.`);
    }
    throw new RequestError('bad_request', 'The body could not be read.');
  }
}
