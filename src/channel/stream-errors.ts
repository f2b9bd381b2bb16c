import { retryAfterMs } from '../retry-after.ts';

/** What a channel's refusal means for a message that is being streamed. */
export type StreamError =
  /** The user pressed Stop. */
  | { readonly kind: 'stopped' }
  /** No stream here, or no more of this one: too long, too large, over. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'tooFast'; readonly waitMs: number }
  /** A piece was lost, or nobody knows: the next one has all of its text. */
  | { readonly kind: 'unknown' };

/** What is used of @azure/core-rest-pipeline's RestError. */
interface RestFailure {
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly response?: { readonly headers?: { get?(name: string): string | undefined } };
}

/** Reads the error of a send. Teams tells its reasons apart by their wording alone. */
export function streamErrorOf(error: unknown, nowMs: number): StreamError {
  const { statusCode, code, message, response } = (error ?? {}) as RestFailure;
  switch (statusCode) {
    case 403:
      if (/cancell?ed by (?:the )?user/i.test(String(message))) return { kind: 'stopped' };
      // Any other 403 is not about the stream: the bot was blocked or removed.
      return code === 'ContentStreamNotAllowed' ? { kind: 'refused' } : { kind: 'unknown' };
    case 400:
    case 405:
    case 413:
    case 415:
      return { kind: 'refused' };
    case 429: {
      const after = response?.headers?.get?.('retry-after');
      return { kind: 'tooFast', waitMs: retryAfterMs({ 'retry-after': after }, nowMs) ?? 0 };
    }
    default:
      return { kind: 'unknown' };
  }
}

/** Whether the channel says that it has not taken a message; otherwise it may be there, and is not sent again. */
export function isNotAccepted(error: unknown, nowMs: number): boolean {
  const { kind } = streamErrorOf(error, nowMs);
  return kind === 'refused' || kind === 'tooFast' || (error as RestFailure | undefined)?.statusCode === 404;
}
