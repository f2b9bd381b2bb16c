import { styleText } from 'node:util';
import type { Finding } from './check.ts';
import type { CheckReport } from './run.ts';

/** How reports are written. */
export interface ReportStyle {
  /** Signs and colours beside the words. */
  readonly isTerminal: boolean;
  /** Makes what is printed fit to be seen. */
  readonly clean: (text: string) => string;
}

type Status = Finding['status'];

const WORDS: Readonly<Record<Status, string>> = { pass: 'pass', warn: 'WARN', fail: 'FAIL', skipped: 'skipped' };
const SIGNS: Readonly<Record<Status, string>> = { pass: '✔ ', warn: '▲ ', fail: '✖ ', skipped: '· ' };
const COLOURS = { pass: 'green', warn: 'yellow', fail: 'red', skipped: 'gray' } as const;
const WORD_CHARS = 8;
const NAME_CHARS = 26;

/** A line for a person; what to do stands below it. */
export function reportLine({ name, finding }: CheckReport, { isTerminal, clean }: ReportStyle): string {
  const { status, said } = finding;
  const word = `${isTerminal ? SIGNS[status] : ''}${WORDS[status].padEnd(WORD_CHARS)}`;
  const shown = isTerminal ? styleText(COLOURS[status], word, { validateStream: false }) : word;
  const line = `${shown}${name.padEnd(NAME_CHARS)} ${clean(said)}`;
  return 'fix' in finding ? `${line}\n${' '.repeat(word.length)}To do: ${clean(finding.fix)}` : line;
}

/** A line of JSON for a machine. */
export function jsonLine({ name, finding, tookMs }: CheckReport, { clean }: Pick<ReportStyle, 'clean'>): string {
  const figures = 'figures' in finding ? Object.entries(finding.figures ?? {}) : [];
  return JSON.stringify({
    check: name,
    status: finding.status,
    said: clean(finding.said),
    ...('fix' in finding ? { fix: clean(finding.fix) } : {}),
    figures: Object.fromEntries(figures.map(([key, value]) => [key, typeof value === 'string' ? clean(value) : value])),
    tookMs,
  });
}

/** What all of it came to. */
export function summaryLine(reports: readonly CheckReport[]): string {
  const countOf = (status: Status) => reports.filter(({ finding }) => finding.status === status).length;
  const [passed, warned, failed, left] = [countOf('pass'), countOf('warn'), countOf('fail'), countOf('skipped')];
  const verdict = failed === 0 ? 'Nothing failed' : `${failed} failed`;
  return `${verdict}: ${passed} passed, ${warned} with a warning, ${left} skipped.`;
}
