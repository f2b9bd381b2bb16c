import { type DestinationStream, type Logger, pino } from 'pino';
import { BotError } from './errors.ts';
import { readableLine } from './readable-log.ts';

export type { Logger } from 'pino';

/** The levels in the order of severity; `silent` writes nothing. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MAX_MESSAGE_CHARS = 500;
const MAX_CAUSES = 5;
const MAX_FRAMES = 10;

/** Only `@azure/identity` and `jsonwebtoken` use these error names. */
const SIGN_IN_NAMES =
  /^(?:(?:AggregateAuthentication|AuthenticationRequired|CredentialUnavailable|JsonWebToken|NotBefore|TokenExpired)Error)$/;

/**
 * Describes an error for the log by an allow-list: its type, codes, stack and causes. The message is included only if
 * it cannot quote user input: services echo their input, and engines and parsers print the value that they fail on.
 * Errors of HTTP clients even hold the whole request, with its Authorization header.
 */
export function describeError(error: unknown, causesLeft = MAX_CAUSES): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const hasSafeMessage = isSafeMessage(error);
  return {
    type: error.name,
    ...(hasSafeMessage ? { message: error.message.slice(0, MAX_MESSAGE_CHARS) } : {}),
    ...(isCode(code) ? { code } : {}),
    ...(typeof statusCode === 'number' ? { statusCode } : {}),
    ...(hasSafeMessage || typeof statusCode === 'number' ? {} : { stack: framesOf(error) }),
    ...(error.cause === undefined || causesLeft === 0 ? {} : { cause: describeError(error.cause, causesLeft - 1) }),
  };
}

function isSafeMessage(error: Error): boolean {
  return error instanceof BotError || isSignInError(error);
}

/**
 * Whether the error comes from Entra ID, its client libraries or the validation of a token: then its message is about
 * settings and claims. Other packages use the same names (`openai` has an AuthenticationError), so fields are checked,
 * too.
 */
function isSignInError(error: Error): boolean {
  const { errorCode, errorMessage, errorResponse, statusCode } = error as unknown as Record<string, unknown>;
  const isOfMsal = typeof errorCode === 'string' && typeof errorMessage === 'string';
  const isOfIdentity = error.name === 'AuthenticationError' && typeof errorResponse === 'object';
  const isOfBotbuilder = error.constructor.name === 'AuthenticationError' && typeof statusCode === 'number';
  return isOfMsal || isOfIdentity || isOfBotbuilder || SIGN_IN_NAMES.test(error.name);
}

/** Services define their own codes, and a code in another form may hold anything. */
function isCode(code: unknown): code is string | number {
  return typeof code === 'number' || (typeof code === 'string' && /^[\w.:-]{1,80}$/.test(code));
}

/** Returns the frames of a stack without the message above them, which may have several lines. */
function framesOf({ stack = '', message }: Error): string {
  const afterMessage = stack.slice(stack.indexOf(message) + message.length);
  const frames = afterMessage.split('\n').filter((line) => /^ {4}at .*:\d+:\d+\)?$/.test(line));
  return frames.slice(0, MAX_FRAMES).join('\n');
}

/** Writes one event a line: JSON, or readable text in a terminal. Never pass it user input, audio, tokens or keys. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: unknown) => describeError(error) },
  };
  return pino(options, destination ?? standardOutput());
}

/** Ignores a closed pipe, which must stop neither the bot nor its shutdown. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true });
  output.on('error', () => {});
  return process.stdout.isTTY ? { write: (line) => output.write(readableLine(line)) } : output;
}

/** Libraries print keys and user input, so the log gets only the place of the call. */
export function captureConsole(log: Logger): void {
  const capture = () => log.debug({ stack: framesOf(new Error()) }, 'library output suppressed');
  Object.assign(console, { debug: capture, error: capture, info: capture, log: capture, warn: capture });
}
