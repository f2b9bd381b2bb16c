import { retryAfterMs } from '../retry-after.ts';

/** What an error of the channel means for a streaming message. */
export type StreamError =
  /** The user pressed Stop. */
  | { readonly kind: 'stopped' }
  /** The channel accepts no stream here, or no more of this one: too long, too large, ended. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'tooFast'; readonly waitMs: number }
  /** The piece was lost, or its fate is unknown. The next piece has all of its text. */
  | { readonly kind: 'unknown' };

/** The fields of @azure/core-rest-pipeline's RestError that are used. */
interface RestFailure {
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly response?: { readonly headers?: { get?(name: string): string | undefined } };
}

/** Reads the error of a send. Teams distinguishes its reasons by their wording alone. */
export function streamErrorOf(error: unknown, nowMs: number): StreamError {
  const { statusCode, code, message, response } = (error ?? {}) as RestFailure;
  switch (statusCode) {
    case 403:
      if (/cancell?ed by (?:the )?user/i.test(String(message))) return { kind: 'stopped' };
      // Any other 403 is not about the stream, such as one after the bot was blocked or removed.
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

/** Whether the channel says that it did not accept a message. Otherwise it may have the message, which is not sent again. */
export function isNotAccepted(error: unknown, nowMs: number): boolean {
  const { kind } = streamErrorOf(error, nowMs);
  return kind === 'refused' || kind === 'tooFast' || (error as RestFailure | undefined)?.statusCode === 404;
}
