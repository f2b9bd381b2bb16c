import { type DestinationStream, type Logger, pino } from 'pino';
import { BotError } from './errors.ts';
import { readableLine } from './readable-log.ts';

export type { Logger } from 'pino';

/** From the rarest to the most talkative; `silent` writes nothing. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MAX_MESSAGE_CHARS = 500;
const MAX_CAUSES = 5;
const MAX_FRAMES = 10;

/** Names of `@azure/identity` and `jsonwebtoken` that no other package gives its errors. */
const SIGN_IN_NAMES: readonly string[] = [
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
  'JsonWebTokenError',
  'NotBeforeError',
  'TokenExpiredError',
];

/**
 * Describes an error for the log by an allow-list: its type, codes and place, and its causes. Its message only where it
 * cannot quote what people write: services echo what they were sent, and engines and parsers print the value that they
 * trip over. The errors of HTTP clients also carry the whole request, with its Authorization header.
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
 * An error of Entra ID, of its client libraries or of a token's check: its message speaks of settings and of tokens'
 * claims. Where others have errors of the same name, as `openai` has an AuthenticationError, its fields tell: those of
 * MSAL, of `@azure/identity` and of botbuilder.
 */
function isSignInError(error: Error): boolean {
  const { errorCode, errorMessage, errorResponse, statusCode } = error as unknown as Record<string, unknown>;
  const isOfMsal = typeof errorCode === 'string' && typeof errorMessage === 'string';
  const isOfIdentity = error.name === 'AuthenticationError' && typeof errorResponse === 'object';
  const isOfBotbuilder = error.constructor.name === 'AuthenticationError' && typeof statusCode === 'number';
  return isOfMsal || isOfIdentity || isOfBotbuilder || SIGN_IN_NAMES.includes(error.name);
}

/** A service names its own codes: what does not look like one may be anything. */
function isCode(code: unknown): code is string | number {
  return typeof code === 'number' || (typeof code === 'string' && /^[\w.:-]{1,80}$/.test(code));
}

/** A stack begins with the message, which may have several lines. */
function framesOf({ stack = '', message }: Error): string {
  const afterMessage = stack.slice(stack.indexOf(message) + message.length);
  const frames = afterMessage.split('\n').filter((line) => /^ {4}at .*:\d+:\d+\)?$/.test(line));
  return frames.slice(0, MAX_FRAMES).join('\n');
}

/** One event a line: JSON, or readable text in a terminal. Text that people say, audio, tokens and keys are never given to it. */
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

/** A log that nobody reads any more stops neither the bot nor its end. A person at a terminal gets no JSON. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true });
  output.on('error', () => {});
  return process.stdout.isTTY ? { write: (line) => output.write(readableLine(line)) } : output;
}

/** Libraries print keys and people's words: the log only says that, and from where, they printed. */
export function captureConsole(log: Logger): void {
  const capture = () => log.debug({ stack: framesOf(new Error()) }, 'a library printed');
  Object.assign(console, { debug: capture, error: capture, info: capture, log: capture, warn: capture });
}
