import type { IncomingMessage } from 'node:http';
import getRawBody from 'raw-body';
import { unlessAborted } from '../deadline.ts';
import { RequestError } from '../errors.ts';

export interface BodyBounds {
  /** Limits all bodies that are being read, together. Beyond it, a request is refused as `busy`. */
  readonly maxBytesAtOnce: number;
  /** The first bytes of each body that count towards no bound and need no `admit`. Default: 0. */
  readonly freeBytes?: number;
  /** Called once for a body beyond `freeBytes`, which is paused meanwhile. Rejects to refuse it. */
  readonly admit?: ((request: IncomingMessage) => Promise<void>) | undefined;
}

const BUSY = 'Too many requests at once. Please deliver this again.';

/**
 * Wraps a reader of bodies, so that together they take bounded memory. The received bytes of a body beyond `freeBytes`
 * count towards the bound; the Content-Length does not, because its sender can claim anything. With `admit`, a body
 * that exceeds `freeBytes` is paused, and counts once it is admitted. `limitRequestTime` limits the time of a body.
 */
export function bounded<T>(
  read: (request: IncomingMessage) => Promise<T>,
  { maxBytesAtOnce, freeBytes = 0, admit }: BodyBounds,
): (request: IncomingMessage) => Promise<T> {
  let bytesHeld = 0;
  return async function readBounded(request) {
    let receivedBytes = 0;
    let countedBytes = 0;
    let isAdmitted = false;
    let hasEnded = false;
    const refusal = new AbortController();
    const count = () => {
      const newBytes = Math.max(0, receivedBytes - freeBytes) - countedBytes;
      countedBytes += newBytes;
      bytesHeld += newBytes;
      if (bytesHeld > maxBytesAtOnce) refusal.abort(new RequestError('busy', BUSY));
    };
    const onAdmitted = () => {
      if (hasEnded) return;
      isAdmitted = true;
      count();
      request.resume();
    };
    request.on('data', ({ byteLength }: Buffer) => {
      receivedBytes += byteLength;
      if (admit === undefined || isAdmitted) return count();
      if (receivedBytes <= freeBytes) return;
      request.pause();
      admit(request).then(onAdmitted, (reason: unknown) => refusal.abort(reason));
    });
    try {
      return await unlessAborted(refusal.signal, () => read(request));
    } finally {
      hasEnded = true;
      // The rest of a refused body is discarded.
      request.removeAllListeners('data').resume();
      bytesHeld -= countedBytes;
    }
  };
}

/** The body that a route takes. */
export interface BodyFormat {
  /** The media type as the sender is told it. */
  readonly name: string;
  /** Matches the header Content-Type. */
  readonly contentType: RegExp;
  readonly maxBytes: number;
}

/** Reads a body. Rejects with a RequestError if it has another type or too many bytes, or is compressed. */
export async function wholeBody(
  request: IncomingMessage,
  { name, contentType, maxBytes }: BodyFormat,
): Promise<Buffer> {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = request.headers;
  // A compressed body could decompress to any size.
  if (encoding.toLowerCase() !== 'identity') {
    const message = 'Compressed bodies are not accepted; send it without Content-Encoding.';
    throw new RequestError('unsupported_media_type', message);
  }
  if (!contentType.test(type)) throw new RequestError('unsupported_media_type', `The body has to be ${name}.`);
  try {
    return await getRawBody(request, { limit: maxBytes, length: request.headers['content-length'] ?? null });
  } catch (cause) {
    if ((cause as { type?: unknown }).type === 'entity.too.large') {
      throw new RequestError('too_large', `The body is larger than ${maxBytes} bytes.`);
    }
    throw new RequestError('bad_request', 'The body could not be read.');
  }
}
