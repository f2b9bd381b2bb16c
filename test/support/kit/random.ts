/** Choices that come out the same for the same name, whatever else happens meanwhile. */
export interface Random {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  isLucky(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** One of the names, by their weights. */
  among<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
  /** Waits as between independent events: short ones often, long ones now and then, at most four times the mean. */
  gapMs(meanMs: number): number;
}

/**
 * A generator of its own for each name: what one user, one answer, or one try of a send meets is the same in every run
 * with this seed, although they meet in another order.
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
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    whole,
    isLucky: (share) => next() < share,
    pick: (list) => list[whole(0, list.length - 1)] as (typeof list)[number],
    among: (weights) => among(weights, next()),
    gapMs: (meanMs) => Math.min(-Math.log(1 - next()), 4) * meanMs,
  };
}

function among<Name extends string>(weights: Readonly<Record<Name, number>>, at: number): Name {
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
