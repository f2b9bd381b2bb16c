/**
 * Options of an `LRUCache` with at most `count` entries that grows as it fills. With `max` it would reserve all memory at
 * once: a megabyte for 50,000 entries, which takes about 10 ms of every start.
 */
export function lruOptions(count: number) {
  return { maxSize: count, sizeCalculation: () => 1 } as const;
}
