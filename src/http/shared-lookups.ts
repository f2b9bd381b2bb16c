import { RequestError } from '../errors.ts';

/** Limits concurrent lookups of different keys, including made-up ones. */
export const MAX_LOOKUPS = 32;
/** The same for recording links, whose lookups share their database connections with messages. */
export const MAX_RECORDING_LOOKUPS = 8;

/**
 * Wraps a lookup so that concurrent calls for the same key share one, and the load on the store stays bounded. The
 * wrapped lookup rejects with a RequestError (`busy`) when `max` other keys are being looked up.
 */
export function sharedLookup<T>(lookUp: (key: string) => Promise<T>, max: number): (key: string) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return async function findShared(key) {
    const shared = running.get(key);
    if (shared !== undefined) return shared;
    if (running.size >= max) throw new RequestError('busy', 'Too many requests at once. Please try again.');
    const lookup = lookUp(key).finally(() => running.delete(key));
    running.set(key, lookup);
    return lookup;
  };
}
