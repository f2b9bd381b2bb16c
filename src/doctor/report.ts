import { styleText } from 'node:util';
import type { CheckReport } from './run.ts';

/** How reports are printed. */
interface ReportStyle {
  /** Adds signs and colours. */
  readonly isTerminal: boolean;
  /** Removes secrets and control characters. */
  readonly clean: (text: string) => string;
}

const STATUSES = {
  pass: { word: 'pass', sign: '✔', colour: 'green' },
  warn: { word: 'WARN', sign: '▲', colour: 'yellow' },
  fail: { word: 'FAIL', sign: '✖', colour: 'red' },
  skipped: { word: 'skipped', sign: '·', colour: 'gray' },
} as const;
const WORD_CHARS = 8;
/** The width of the column of names. */
export const NAME_CHARS = 26;

/** A line for a person, with the fix on a line below it. */
export function reportLine({ name, finding }: CheckReport, { isTerminal, clean }: ReportStyle): string {
  const { word, sign, colour } = STATUSES[finding.status];
  const head = `${isTerminal ? `${sign} ` : ''}${word.padEnd(WORD_CHARS)}`;
  const shown = isTerminal ? styleText(colour, head, { validateStream: false }) : head;
  const line = `${shown}${name.padEnd(NAME_CHARS)} ${clean(finding.message)}`;
  return 'fix' in finding ? `${line}\n${' '.repeat(head.length)}To do: ${clean(finding.fix)}` : line;
}

/** A line of JSON for a machine. */
export function jsonLine({ name, finding, tookMs }: CheckReport, { clean }: ReportStyle): string {
  const fix = 'fix' in finding ? clean(finding.fix) : undefined;
  return JSON.stringify({ check: name, status: finding.status, message: clean(finding.message), fix, tookMs });
}

/** How many checks passed, warned, failed and were skipped. */
export function summaryLine(reports: readonly CheckReport[]): string {
  const countOf = (status: keyof typeof STATUSES) => reports.filter(({ finding }) => finding.status === status).length;
  const verdict = countOf('fail') === 0 ? 'Nothing failed' : `${countOf('fail')} failed`;
  return `${verdict}: ${countOf('pass')} passed, ${countOf('warn')} with a warning, ${countOf('skipped')} skipped.`;
}
