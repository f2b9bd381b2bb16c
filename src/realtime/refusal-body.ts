import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { fieldsOf } from '../json-access.ts';

/** The body only explains the status, so it is neither read nor waited for beyond these bounds. */
const MAX_BODY_BYTES = 2_048;
const BODY_TIMEOUT_MS = 2_000;
const MAX_WORDS_CHARS = 400;
const KEY_OR_TOKEN = /\b(?:sk-|eyJ)[\w*.-]{4,}/g;

/**
 * Resolves with the reason that the service, or a proxy on the way, gives for a refused handshake: code and message of a
 * JSON error, the title of an HTML page, else the beginning of the text; empty if there is none. `credential` and control
 * characters are removed. Never rejects.
 */
export async function refusalReason(
  response: IncomingMessage,
  credential: string | null,
  clock: Clock,
): Promise<string> {
  // No compression was requested: a compressed body is not read.
  if (response.headers['content-encoding'] !== undefined) return '';
  const body = await firstBytes(response, clock);
  const words = body.trimStart().startsWith('<') ? titleOf(body) : (jsonWords(body) ?? body);
  const safe = credential ? words.replaceAll(credential, '***') : words;
  return safe
    .replaceAll(KEY_OR_TOKEN, '***')
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_WORDS_CHARS);
}

function firstBytes(response: IncomingMessage, clock: Clock): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= MAX_BODY_BYTES) resolve();
  });
  for (const end of ['end', 'error', 'close'] as const) response.on(end, () => resolve());
  const forget = clock.after(BODY_TIMEOUT_MS, resolve);
  return promise.then(() => {
    forget();
    return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString();
  });
}

function titleOf(page: string): string {
  return /<title[^>]*>([^<]*)/i.exec(page)?.[1] ?? '';
}

/** Azure and OpenAI answer `{"error":{"code","message"}}`, API Management `{"statusCode","message"}`. */
function jsonWords(body: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { error = parsed } = fieldsOf(parsed);
  const { code, message } = fieldsOf(error);
  const parts = [code, message, error].filter((part) => typeof part === 'string');
  return parts.join(': ');
}
