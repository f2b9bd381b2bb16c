import type { Clock } from './clock.ts';

/**
 * Options of an `LRUCache` with at most `count` entries that grows as it fills. With `max` it would reserve all memory
 * at once: a megabyte for 50,000 entries, which takes about 10 ms of every start.
 */
export function lruOptions(count: number) {
  return { maxSize: count, sizeCalculation: () => 1 } as const;
}

/** Options of an `LRUCache` whose entries expire `ttl` milliseconds after they were set, to the millisecond. */
export function expiryOptions(ttl: number, clock: Clock) {
  return { ttl, ttlResolution: 0, perf: clock } as const;
}
