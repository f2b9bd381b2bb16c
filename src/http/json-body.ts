import type { IncomingMessage } from 'node:http';
import getRawBody from 'raw-body';
import { RequestError } from '../errors.ts';

/** A message is a few kilobytes; a megabyte leaves room for cards and mentions. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** Bodies that are being read at the same time, together; more are asked to come again. */
const MAX_BYTES_AT_ONCE = 64 * 1024 * 1024;
const READ_TIMEOUT_MS = 10_000;
/** Real activities nest less than ten levels; deeper ones only serve to exhaust a stack. */
const MAX_DEPTH = 100;

/**
 * A reader whose bodies together take a bounded amount of memory, and each a bounded time. What has arrived counts, and
 * not what was announced: an announcement costs its sender nothing.
 */
export function boundedReader(): typeof readJsonObject {
  let bytesHeld = 0;
  return async function readBounded(request) {
    let ownBytes = 0;
    const full = Promise.withResolvers<never>();
    const count = ({ byteLength }: Buffer) => {
      ownBytes += byteLength;
      bytesHeld += byteLength;
      if (bytesHeld > MAX_BYTES_AT_ONCE) full.reject(tooMany());
    };
    const tooSlow = setTimeout(() => request.destroy(), READ_TIMEOUT_MS);
    request.on('data', count);
    try {
      return await Promise.race([readJsonObject(request), full.promise]);
    } finally {
      clearTimeout(tooSlow);
      // What still comes of a body that was refused goes by unread.
      request.removeAllListeners('data').resume();
      bytesHeld -= ownBytes;
    }
  };
}

function tooMany(): RequestError {
  return new RequestError('busy', 'Too many requests at once. Please deliver this again.');
}

/**
 * Reads a JSON object. Not restify's own parser: it inflates compressed bodies past every limit, and a broken one of
 * those ends the process.
 */
export async function readJsonObject(request: IncomingMessage): Promise<Record<string, unknown>> {
  const { 'content-encoding': encoding, 'content-type': type = '', 'content-length': length } = request.headers;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new RequestError(
      'unsupported_media_type',
      'Compressed bodies are not accepted; send it without Content-Encoding.',
    );
  }
  // A web page in a browser cannot send this type to another site without being asked first.
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new RequestError('unsupported_media_type', 'The body has to be application/json.');
  }
  const value = parse(await readText(request, length));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RequestError('bad_request', 'The body has to be a JSON object.');
  }
  return value as Record<string, unknown>;
}

async function readText(request: IncomingMessage, length: string | undefined): Promise<string> {
  try {
    return await getRawBody(request, { limit: MAX_BODY_BYTES, length: length ?? null, encoding: 'utf-8' });
  } catch (cause) {
    if ((cause as { type?: unknown }).type === 'entity.too.large') {
      throw new RequestError('too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    }
    throw new RequestError('bad_request', 'The body could not be read.');
  }
}

/** The parser's own message would quote the body, which may be what somebody said: it is left out. */
function parse(text: string): unknown {
  if (isTooDeep(text)) throw new RequestError('bad_request', `The JSON is nested more than ${MAX_DEPTH} levels deep.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError('bad_request', 'The body is not valid JSON.');
  }
}

/** Counts brackets outside of strings, before anything recursive sees the text. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (isInString) {
      if (char === '\\') index++;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
