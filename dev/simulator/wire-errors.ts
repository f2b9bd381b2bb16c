import type { ServerEvent } from './events.ts';
import type { ServiceError } from './responder.ts';

interface RejectionDetails {
  readonly type?: string;
  readonly code?: string | null;
  readonly param?: string | null;
  /** Whether the service leaves the client's event id out of this error. Default: false. */
  readonly isAnonymous?: boolean;
}

/** A rejected client event: it becomes one `error` event and changes nothing. The session goes on. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly type: string;
  readonly code: string | null;
  /** The path of the wrong field in the event, such as `session.audio.output.voice`. */
  readonly param: string | null;
  readonly isAnonymous: boolean;

  constructor(message: string, details: RejectionDetails = {}) {
    super(message);
    this.type = details.type ?? 'invalid_request_error';
    this.code = details.code ?? null;
    this.param = details.param ?? null;
    this.isAnonymous = details.isAnonymous ?? false;
  }
}

/** The error of the service for its own faults. */
export const SERVER_FAULT: ServiceError = {
  type: 'server_error',
  code: 'server_error',
  message: 'The server had an error while processing your request. Sorry about that!',
};

/** The `error` event. Only the client's event id names the event that it is about. */
export function errorEvent(error: Rejection | ServiceError, clientEventId: string | null): ServerEvent {
  const { type, code, message } = error;
  const { param = null, isAnonymous = false } = error instanceof Rejection ? error : {};
  return { type: 'error', error: { type, code, message, param, event_id: isAnonymous ? null : clientEventId } };
}

export function missingParameter(param: string): Rejection {
  return new Rejection(`Missing required parameter: '${param}'.`, { code: 'missing_required_parameter', param });
}

export function unknownParameter(param: string): Rejection {
  return new Rejection(`Unknown parameter: '${param}'.`, { code: 'unknown_parameter', param });
}

export function invalidType(param: string, expected: string, value: unknown): Rejection {
  const message = `Invalid type for '${param}': expected ${expected}, but got ${describeType(value)} instead.`;
  return new Rejection(message, { code: 'invalid_type', param });
}

/** Lists all supported values, as the service does. */
export function unsupportedValue(param: string, value: unknown, supported: readonly string[]): Rejection {
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  const message = `Invalid value: '${shorten(shown)}'. Supported values are: ${listOf(supported)}.`;
  return new Rejection(message, { code: 'invalid_value', param });
}

export function invalidValue(param: string, message: string): Rejection {
  return new Rejection(message, { code: 'invalid_value', param });
}

export function stringTooLong(param: string, max: number, length: number): Rejection {
  const message = `Invalid '${param}': string too long. Expected a string with maximum length ${max}, but got a string with length ${length} instead.`;
  return new Rejection(message, { code: 'string_above_max_length', param });
}

export function arrayTooLong(param: string, max: number, length: number): Rejection {
  const message = `Invalid '${param}': array too long. Expected an array with maximum length ${max}, but got an array with length ${length} instead.`;
  return new Rejection(message, { code: 'array_above_max_length', param });
}

const MAX_SHOWN_CHARS = 200;

function shorten(text: string | undefined): string {
  if (text === undefined) return 'undefined';
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}...` : text;
}

function listOf(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  if (quoted.length < 2) return quoted.join('');
  if (quoted.length === 2) return quoted.join(' and ');
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal';
  return `a ${typeof value}`;
}
