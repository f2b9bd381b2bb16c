/** A part of a run. */
export interface Quarter {
  /** The number of steps that are done at its end. */
  readonly upTo: number;
  readonly count: number;
  readonly seed: number;
}

/** Runs four quarters one after the other; resolves with the growth in bytes during the second half. */
export async function inQuarters(
  total: number,
  seed: number,
  run: (quarter: Quarter) => Promise<number>,
): Promise<number> {
  const memoryBytes: number[] = [];
  for (const share of [0.25, 0.5, 0.75, 1]) {
    const quarter = { upTo: Math.ceil(total * share), count: Math.ceil(total / 4), seed: seed + share * 4000 };
    memoryBytes.push(await run(quarter));
  }
  const [, half = 0, , end = 0] = memoryBytes;
  return end - half;
}
