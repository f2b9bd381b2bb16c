import { SendError } from '../errors.ts';
import { retryAfterMs } from '../retry-after.ts';

/** What a failed chunk means for its streaming message. */
export type StreamFailure =
  /** The user pressed Stop. */
  | 'stopped'
  /** The channel accepts no stream here, or no more of this one: too long, too large, ended. */
  | 'refused'
  /** The chunk was lost, or its fate is unknown. The next chunk has all of its text. */
  | 'unknown';

/** The fields of @azure/core-rest-pipeline's RestError that are used. */
interface RestFailure {
  /** The status with which the channel answered; missing when it did not. */
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly response?: { readonly headers?: { get?(name: string): string | undefined } };
}

function fieldsOfError(error: unknown): RestFailure {
  return error ?? {};
}

/** Whether the channel refuses a message for its content: it might accept the message without its attachments. */
export function isContentRefused(error: unknown): boolean {
  const { statusCode } = fieldsOfError(error);
  return statusCode === 400 || statusCode === 413 || statusCode === 415;
}

/** Whether the channel may not understand the formatting of a message. */
export function isFormatRefused(error: unknown): boolean {
  return fieldsOfError(error).statusCode === 400;
}

/**
 * Whether the channel says that it did not accept an update, so that its text may be sent apart. Narrower than
 * `RETRIED_STATUS` of send-policy.ts on purpose: after a gateway's 502, 503 or 504 the update may have arrived.
 * To repeat it is safe, but text that is sent apart would then be there twice.
 */
export function isNotAccepted(error: unknown): boolean {
  const { statusCode } = fieldsOfError(error);
  return streamFailureOf(error) === 'refused' || statusCode === 404 || statusCode === 429;
}

/**
 * Teams answers 403 ContentStreamNotAllowed after Stop and after everything else that ends a stream. Only its message
 * says which it was.
 */
export function streamFailureOf(error: unknown): StreamFailure {
  const { statusCode, code, message } = fieldsOfError(error);
  if (statusCode === 403 && /cancell?ed by (?:the )?user/i.test(String(message))) return 'stopped';
  // Any other 403 is not about the stream, such as one after the bot was blocked or removed.
  const isStreamRefused = statusCode === 405 || (statusCode === 403 && code === 'ContentStreamNotAllowed');
  return isStreamRefused || isContentRefused(error) ? 'refused' : 'unknown';
}

/** The wait that a 429 asks for; 0 for other errors. */
export function requestedWaitMs(error: unknown, nowMs: number): number {
  const { statusCode, response } = fieldsOfError(error);
  if (statusCode !== 429) return 0;
  return retryAfterMs({ 'retry-after': response?.headers?.get?.('retry-after') }, nowMs) ?? 0;
}

/** The error itself, or a SendError where the bot was blocked or removed, or the conversation is deleted. */
export function sendErrorOf(cause: unknown): unknown {
  const { statusCode } = fieldsOfError(cause);
  if (statusCode !== 403 && statusCode !== 404) return cause;
  return new SendError('conversation_gone', 'the channel has no such conversation', { cause });
}

/** The error of a call that failed; `undefined` for one that did not. */
export function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}
