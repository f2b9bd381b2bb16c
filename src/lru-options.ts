/**
 * Options of an `LRUCache` for at most `count` entries, its room growing with them. By `max` it would reserve all of it
 * at once: some 10 ms of every start, and a megabyte, for 50,000 entries.
 */
export function lruOptions(count: number) {
  return { maxSize: count, sizeCalculation: () => 1 } as const;
}
