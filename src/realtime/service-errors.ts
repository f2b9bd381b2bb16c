import type { IncomingHttpHeaders } from 'node:http';
import { TurnError, type TurnErrorCode } from '../errors.ts';
import { retryAfterMs } from '../retry-after.ts';
import type { WireError } from './server-event.ts';

/** Codes of `error` events and of failed responses, with what they mean for a turn. Unlisted ones go by their type. */
const BY_CODE: ReadonlyMap<string, TurnErrorCode> = new Map(
  Object.entries({
    session_expired: 'session_expired',
    conversation_already_has_active_response: 'response_conflict',
    rate_limit_exceeded: 'rate_limited',
    inference_rate_limit_exceeded: 'rate_limited',
    server_error: 'server_error',
    internal_error: 'server_error',
    invalid_api_key: 'unauthorized',
    insufficient_quota: 'quota_exhausted',
    account_deactivated: 'quota_exhausted',
    billing_hard_limit_reached: 'quota_exhausted',
  } as const),
);

const BY_TYPE: ReadonlyMap<string, TurnErrorCode> = new Map(
  Object.entries({
    rate_limit_exceeded: 'rate_limited',
    rate_limit_error: 'rate_limited',
    server_error: 'server_error',
    invalid_request_error: 'request_rejected',
  } as const),
);

/** Turns what the service says went wrong into our one kind of error. */
export function serviceErrorOf(error: WireError | undefined, fallback: TurnErrorCode = 'server_error'): TurnError {
  if (error === undefined) return new TurnError(fallback, 'the response failed without a reason');
  const code = BY_CODE.get(error.code) ?? BY_TYPE.get(error.type) ?? fallback;
  // Not its message: it quotes what it was sent, and this goes into the log.
  const said = [...new Set([error.type, error.code])].filter((part) => part !== '').join(' ');
  return new TurnError(code, `the service said ${said || 'nothing'}`, { retryAfterMs: waitNamedIn(error.message) });
}

/**
 * Whether it is this voice that is refused: by the field that the service names (`session.voice` in the preview), or, where
 * it names none, by its message.
 */
export function refusesVoice({ param, message }: WireError, voice: string): boolean {
  if (param !== undefined) return /(?:^|\.)voice(?:\.|$)/.test(param);
  const words = message.toLowerCase().split(/[^\p{L}\p{N}_-]+/u);
  return words.includes('voice') || words.includes(voice.toLowerCase());
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * "Please try again in 1.5s", "in 20ms", "in 6m0s", or Azure's "Please retry after 26 seconds", as the service words
 * it; there is no field for it.
 */
function waitNamedIn(message: string): number | undefined {
  const span = /\s*(?:and\s)?(\d+(?:\.\d+)?)\s?(ms|milliseconds?|s|seconds?|m|minutes?|h|hours?)(?![a-z])/iy;
  const start = /(?:try again in|retry after) /i.exec(message);
  if (start === null) return undefined;
  span.lastIndex = start.index + start[0].length;
  let sumMs: number | undefined;
  for (let part = span.exec(message); part !== null; part = span.exec(message)) {
    const [, count = '', unit = ''] = part;
    sumMs = (sumMs ?? 0) + Number(count) * unitMs(unit.toLowerCase());
  }
  return sumMs === undefined ? undefined : Math.ceil(sumMs);
}

function unitMs(unit: string): number {
  return UNIT_MS[unit.startsWith('ms') || unit.startsWith('milli') ? 'ms' : unit.charAt(0)] ?? 0;
}

/** The answer to the handshake, when it was not 101. `words`: what it said besides, fit for a log. */
export function handshakeErrorOf(status: number, headers: IncomingHttpHeaders, nowMs: number, words = ''): TurnError {
  const wait = { retryAfterMs: retryAfterMs(headers, nowMs) };
  const failure = (code: TurnErrorCode, hint: string, details = {}) => {
    const message = `the service answered the handshake with ${status}${hint === '' ? '' : `: ${hint}`}`;
    return new TurnError(code, words === '' ? message : `${message} (${words})`, details);
  };
  switch (status) {
    case 401:
      return failure('unauthorized', 'the key or token is not accepted');
    case 403:
      return failure('forbidden', 'a role ("Cognitive Services OpenAI User") or a network rule is missing');
    case 404:
      return failure('deployment_not_found', 'no such deployment at this endpoint');
    case 407:
      return failure('handshake_refused', 'a proxy on the way asks for a login');
    case 429:
      return failure('rate_limited', '', wait);
    default:
      return status >= 500 ? failure('service_unavailable', '', wait) : failure('handshake_refused', '');
  }
}
