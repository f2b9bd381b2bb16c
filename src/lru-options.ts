/**
 * Options of an `LRUCache` for at most `count` entries that grows as it fills. With `max` it would reserve all memory at
 * once: for 50,000 entries a megabyte, and some 10 ms of every start.
 */
export function lruOptions(count: number) {
  return { maxSize: count, sizeCalculation: () => 1 } as const;
}
