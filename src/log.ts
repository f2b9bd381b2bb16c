import { format } from 'node:util';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** From the rarest to the most talkative; `silent` writes nothing. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MAX_MESSAGE_CHARS = 500;
const MAX_CAUSES = 5;

/**
 * What is logged of an error: its names and codes, never its other fields. The errors of HTTP clients carry the whole
 * request, with its Authorization header and the text of the message.
 */
export function describeError(error: unknown, causesLeft = MAX_CAUSES): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error).slice(0, MAX_MESSAGE_CHARS) };
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  return {
    type: error.name,
    message: error.message.slice(0, MAX_MESSAGE_CHARS),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof statusCode === 'number' ? { statusCode } : {}),
    // An error without a code is a fault of this program: only its stack says where.
    ...(code === undefined && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(error.cause === undefined || causesLeft === 0 ? {} : { cause: describeError(error.cause, causesLeft - 1) }),
  };
}

/** JSON lines, one event each. Text that people say, audio, tokens and keys are never given to it. */
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

/** A log that nobody reads any more stops neither the bot nor its end. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true });
  output.on('error', () => {});
  return output;
}

/** Libraries print, keys and stack traces among it: it becomes lines of the log, below what is read every day. */
export function captureConsole(log: Logger): void {
  const capture = (...printed: unknown[]) => {
    log.debug({ printed: format(...printed).slice(0, MAX_MESSAGE_CHARS) }, 'a library printed');
  };
  Object.assign(console, { debug: capture, error: capture, info: capture, log: capture, warn: capture });
}
