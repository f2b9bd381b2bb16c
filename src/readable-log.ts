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
 * A JSON line of the log as a person reads it: the time, the level, the message, then the other fields. Below it stands
 * where an error comes from. A line that is not of the log is returned as it is.
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

/** `type (code): message`, then what caused it. */
function errorText(err: unknown): string {
  const { type, code, message, cause } = fieldsOf(err);
  const named = `${plain(type)}${code === undefined ? '' : ` (${plain(code)})`}`;
  const said = message === undefined ? named : `${named}: ${plain(message)}`;
  return cause === undefined ? said : `${said}, caused by ${errorText(cause)}`;
}

/** Without control characters, by which text could repaint a terminal. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/\p{Cc}/gu, ' ');
}
