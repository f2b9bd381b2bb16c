import { styleText } from 'node:util';
import { fieldsOf } from './json-access.ts';

const COLOURS: Readonly<Record<string, 'red' | 'yellow' | 'green'>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
};

/**
 * Formats a JSON line of the log for a person: the time, the level, the message, then the other fields, and below them
 * the stack of an error. Colours only standard output that shows them: NO_COLOR turns them off. Returns any other line
 * unchanged.
 */
export function readableLine(line: string): string {
  const { level, time, msg, err, ...others } = parsed(line);
  if (typeof level !== 'string' || typeof time !== 'string' || typeof msg !== 'string') return line;
  const clock = new Date(time).toLocaleTimeString('en-GB', { hour12: false });
  const shownLevel = styleText(COLOURS[level] ?? 'reset', level.toUpperCase().padEnd(5));
  const head = [styleText('dim', clock), shownLevel, plain(msg)];
  const fields = Object.entries(others).map(([name, value]) => `${name}=${plain(value)}`);
  const details = [...(err === undefined ? [] : [errorText(err)]), ...fields];
  if (details.length > 0) head.push(styleText('dim', details.join(' ')));
  const { stack } = fieldsOf(err);
  return `${head.join(' ')}${typeof stack === 'string' ? `\n${stack}` : ''}\n`;
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
