/** Pseudo-random choices, deterministic for a name. */
export interface Random {
  /** A number from 0 up to 1. */
  next(): number;
  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** A name, by the weights. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
  /** The time between independent events (exponential distribution), at most four times the mean. */
  gapMs(meanMs: number): number;
}

/**
 * Creates a generator for a name. One user, answer or attempt gets the same choices in every run with the same seed, in
 * whatever order they run.
 */
export function createRandom(...name: readonly (string | number)[]): Random {
  let state = hash(name.join(' '));
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (list) => list[integer(0, list.length - 1)] as (typeof list)[number],
    weighted: (weights) => pickWeighted(weights, next()),
    gapMs: (meanMs) => Math.min(-Math.log(1 - next()), 4) * meanMs,
  };
}

function pickWeighted<Name extends string>(weights: Readonly<Record<Name, number>>, at: number): Name {
  const entries = Object.entries(weights) as [Name, number][];
  let left = at * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    left -= weight;
    if (left < 0) return name;
  }
  throw new Error('no weights');
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const char of text) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return state;
}
