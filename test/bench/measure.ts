/** What a process has used since it was started, and holds now. */
export interface Usage {
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** JavaScript objects and, outside of them, buffers and the like; after a full garbage collection. */
  readonly liveBytes: number;
}

/** Milliseconds since the epoch, finer than a microsecond, and the same in all processes of one machine. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/** CPU time alone, without the cost of a garbage collection. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Collects all garbage first; the process has to run with `--expose-gc`. */
export function usage(): Usage {
  if (globalThis.gc === undefined) throw new Error('this process runs without --expose-gc');
  const spentMs = cpuMs();
  // Twice: what finalizers let go of in the first is collected in the second.
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  // `external` counts array buffers, too.
  return { cpuMs: spentMs, rssBytes: rss, liveBytes: heapUsed + external };
}

/** The value that `share` (0 to 1) of all values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
