import type { RunDetails } from 'fast-check';

const MAX_EXAMPLE_CHARS = 6_000;
const MAX_FINDINGS = 60;

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

export const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`;

/** How often each name occurred. */
export class Counts<Name> extends Map<Name, number> {
  add(name: Name, count = 1): void {
    this.set(name, (this.get(name) ?? 0) + count);
  }

  /** In descending order. */
  sorted(): [Name, number][] {
    return [...this].sort(([, a], [, b]) => b - a);
  }

  /** As one line. */
  listed(): string {
    return (
      this.sorted()
        .map(([name, count]) => `${name}: ${count}`)
        .join(', ') || 'none'
    );
  }
}

/** An empty line, a title and counts. */
export function section(title: string, rows: readonly (readonly [string, number])[]): string[] {
  return ['', title, ...rows.map(([name, count]) => `  ${String(count).padStart(7)}  ${name}`)];
}

/** The number of findings of each kind, and the first findings. The kind is the text before the colon. */
export function findingsSection(findings: readonly string[]): string[] {
  const kinds = new Counts<string>();
  for (const finding of findings) kinds.add(finding.split(':', 1)[0] ?? '');
  return [...section(`findings: ${findings.length}`, kinds.sorted()), ...findings.slice(0, MAX_FINDINGS)];
}

/** Aligns the first column to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const align = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(align).join('  ')).join('\n');
}

/** Formats a time as milliseconds after the POST. */
export function after(postedAtMs: number | undefined) {
  return (ms: number | undefined): string => (ms === undefined ? '-' : `+${ms - (postedAtMs ?? 0)}`);
}

/** Prints a line with the seconds since the start of the run. */
export function createProgress(): (line: string) => void {
  const startedMs = Date.now();
  return (line) => print(`${String(Math.round((Date.now() - startedMs) / 1000)).padStart(5)} s: ${line}`);
}

/** If a check failed, throws an error with the smallest example, its cause and the seed. */
export function assertHolds<T>(name: string, result: RunDetails<T>, show: (example: T) => string): void {
  if (!result.failed) return;
  const { seed, counterexamplePath, numShrinks, counterexample, errorInstance } = result;
  const example = counterexample === null ? 'none' : show(counterexample);
  const cut = example.length > MAX_EXAMPLE_CHARS ? ` … (${example.length} characters)` : '';
  const cause = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  throw new Error(
    `${name} failed (fast-check's seed ${seed}, path ${counterexamplePath}, shrunk ${numShrinks} times)\n` +
      `${cause.slice(0, MAX_EXAMPLE_CHARS)}\nCounterexample: ${example.slice(0, MAX_EXAMPLE_CHARS)}${cut}`,
  );
}
