import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { fieldsOf } from '../json-access.ts';

/** The body only explains the status, so reading it is limited in bytes and time. */
const MAX_BODY_BYTES = 2_048;
const BODY_TIMEOUT_MS = 2_000;
const MAX_REASON_CHARS = 400;
const KEY_OR_TOKEN = /\b(?:sk-|eyJ)[\w*.-]{4,}/g;

/**
 * Resolves with the reason that the service, or a proxy on the way, gives for a refused handshake: code and message of
 * a JSON error, the title of an HTML page, else the beginning of the text; empty if there is none. `credential` and
 * control characters are removed. Never rejects.
 */
export async function refusalReason(response: IncomingMessage, credential: string, clock: Clock): Promise<string> {
  // No compression was requested, so a compressed body is not read.
  if (response.headers['content-encoding'] !== undefined) return '';
  const body = await firstBytes(response, clock);
  const reason = body.trimStart().startsWith('<') ? titleOf(body) : (jsonReason(body) ?? body);
  // An empty credential is not searched for: it would match everywhere.
  return reason
    .replaceAll(credential || KEY_OR_TOKEN, '***')
    .replaceAll(KEY_OR_TOKEN, '***')
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_REASON_CHARS);
}

async function firstBytes(response: IncomingMessage, clock: Clock): Promise<string> {
  const chunks: Buffer[] = [];
  let byteLength = 0;
  const cancelTimer = clock.after(BODY_TIMEOUT_MS, () => response.destroy());
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      byteLength += chunk.byteLength;
      if (byteLength >= MAX_BODY_BYTES) break;
    }
  } catch {
    // What arrived before the connection broke still explains the status.
  }
  cancelTimer();
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString();
}

function titleOf(page: string): string {
  return /<title[^>]*>([^<]*)/i.exec(page)?.[1] ?? '';
}

/** Azure and OpenAI answer `{"error":{"code","message"}}`, API Management `{"statusCode","message"}`. */
function jsonReason(body: string): string | undefined {
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
