import { fieldsOf } from './json-access.ts';

const RESET = '\x1b[0m';
const DIM = '\x1b[2m';
const COLOURS: Readonly<Record<string, string>> = {
  fatal: '\x1b[31m',
  error: '\x1b[31m',
  warn: '\x1b[33m',
  info: '\x1b[32m',
};

/**
 * Formats a JSON line of the log for a person: the time, the level, the message, then the other fields, and below them the
 * stack of an error. Returns any other line unchanged.
 */
export function readableLine(line: string): string {
  const { level, time, msg, err, ...others } = parsed(line);
  if (typeof level !== 'string' || typeof time !== 'string' || typeof msg !== 'string') return line;
  const clock = new Date(time).toLocaleTimeString('en-GB', { hour12: false });
  const fields = Object.entries(others).map(([name, value]) => `${name}=${plain(value)}`);
  const details = [...(err === undefined ? [] : [errorText(err)]), ...fields].join(' ');
  const head = `${DIM}${clock}${RESET} ${COLOURS[level] ?? ''}${level.toUpperCase().padEnd(5)}${RESET} ${msg}`;
  const { stack } = fieldsOf(err);
  return `${head}${details === '' ? '' : ` ${DIM}${details}${RESET}`}${typeof stack === 'string' ? `\n${stack}` : ''}\n`;
}

function parsed(line: string): Record<string, unknown> {
  try {
    return fieldsOf(JSON.parse(line));
  } catch {
    return {};
  }
}

/** Formats `type (code): message`, followed by the causes. */
function errorText(err: unknown): string {
  const { type, code, message, cause } = fieldsOf(err);
  const head = `${plain(type)}${code === undefined ? '' : ` (${plain(code)})`}`;
  const text = message === undefined ? head : `${head}: ${plain(message)}`;
  return cause === undefined ? text : `${text}, caused by ${errorText(cause)}`;
}

/** Removes control characters, which could repaint a terminal. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/\p{Cc}/gu, ' ');
}
