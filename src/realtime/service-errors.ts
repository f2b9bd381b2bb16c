import type { IncomingHttpHeaders } from 'node:http';
import { TurnError, type TurnErrorCode } from '../errors.ts';
import { retryAfterMs } from '../retry-after.ts';
import type { WireError } from './server-event.ts';

/** Codes and types of `error` events and failed responses. */
const CODES: ReadonlyMap<string, TurnErrorCode> = new Map([
  ['session_expired', 'session_expired'],
  ['conversation_already_has_active_response', 'response_conflict'],
  ['rate_limit_exceeded', 'rate_limited'],
  ['inference_rate_limit_exceeded', 'rate_limited'],
  ['rate_limit_error', 'rate_limited'],
  ['server_error', 'server_error'],
  ['internal_error', 'server_error'],
  ['invalid_api_key', 'unauthorized'],
  ['insufficient_quota', 'quota_exhausted'],
  ['account_deactivated', 'quota_exhausted'],
  ['billing_hard_limit_reached', 'quota_exhausted'],
  ['invalid_request_error', 'request_rejected'],
]);

/** Converts an error of the service to a TurnError by its code, else by its type, else to `fallback`. */
export function serviceErrorOf(error: WireError | undefined, fallback?: TurnErrorCode): TurnError {
  if (error === undefined) return new TurnError('server_error', 'the response failed without a reason');
  // An error that names a field is about the request.
  const isRejection = error.param !== undefined || `${error.type} ${error.code}`.includes('invalid');
  const unlisted = fallback ?? (isRejection ? 'request_rejected' : 'server_error');
  const code = CODES.get(error.code) ?? CODES.get(error.type) ?? unlisted;
  // This goes into the log, so the message of the service is left out: it may quote user input.
  const names = [...new Set([error.type, error.code])].filter((name) => name !== '').join(' ');
  return new TurnError(code, `the service said ${names || 'nothing'}`, { retryAfterMs: waitNamedIn(error.message) });
}

const SPAN = /(?:and\s)?(\d+(?:\.\d+)?)\s?(ms|milliseconds?|s|seconds?|m|minutes?|h|hours?)(?![a-z])\s*/.source;
const WAIT = new RegExp(`(?:try again in|retry after) ((?:${SPAN})+)`, 'i');
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** "try again in 1.5s", "in 6m0s", or Azure's "retry after 26 seconds": the service has no field for it. */
function waitNamedIn(message: string): number | undefined {
  const spans = WAIT.exec(message)?.[1];
  if (spans === undefined) return undefined;
  const waitsMs = [...spans.matchAll(new RegExp(SPAN, 'gi'))].map(([, count, unit = '']) => {
    const isMs = /^(?:ms|milli)/i.test(unit);
    return Number(count) * (isMs ? 1 : (UNIT_MS[unit.charAt(0).toLowerCase()] ?? 0));
  });
  return Math.ceil(waitsMs.reduce((sum, waitMs) => sum + waitMs, 0));
}

const REFUSALS: Readonly<Record<number, readonly [TurnErrorCode, hint: string]>> = {
  401: ['unauthorized', ': the key or token is not accepted'],
  403: ['forbidden', ': a role ("Cognitive Services OpenAI User") or a network rule is missing'],
  404: ['deployment_not_found', ': no such deployment at this endpoint'],
  407: ['handshake_refused', ': a proxy on the way asks for a login'],
  429: ['rate_limited', ''],
};

/** Converts the status of a refused handshake. `reason` comes from its body and may be logged. */
export function handshakeErrorOf(status: number, headers: IncomingHttpHeaders, nowMs: number, reason = ''): TurnError {
  const [code, hint] = REFUSALS[status] ?? [status >= 500 ? 'service_unavailable' : 'handshake_refused', ''];
  const message = `the service answered the handshake with ${status}${hint}${reason === '' ? '' : ` (${reason})`}`;
  return new TurnError(code, message, { retryAfterMs: retryAfterMs(headers, nowMs) });
}
