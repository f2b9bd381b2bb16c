import type { RunDetails } from 'fast-check';

const MOST_CHARS = 6_000;

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

export const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`;

/** `name count` for each, the most frequent first. */
export function listed(counts: ReadonlyMap<unknown, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${name}: ${count}`).join(', ') || 'none';
}

export function countOne<T>(counts: Map<T, number>, name: T): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Throws with the smallest example that was found, what it broke, and the seed, when a check failed. */
export function assertHolds<T>(name: string, result: RunDetails<T>, show: (example: T) => string): void {
  if (!result.failed) return;
  const { seed, counterexamplePath, numShrinks, counterexample, errorInstance } = result;
  const example = counterexample === null ? 'none' : show(counterexample);
  const cut = example.length > MOST_CHARS ? ` … (${example.length} characters)` : '';
  const cause = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  throw new Error(
    `${name} failed (fast-check's seed ${seed}, path ${counterexamplePath}, made smaller ${numShrinks} times)\n` +
      `${cause.slice(0, MOST_CHARS)}\nCounterexample: ${example.slice(0, MOST_CHARS)}${cut}`,
  );
}
