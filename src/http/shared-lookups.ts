import { RequestError } from '../errors.ts';

/** Limits concurrent lookups of different keys, including made-up ones. */
export const MAX_LOOKUPS = 32;
/** For lookups on the connections that messages use. */
export const MAX_RECORDING_LOOKUPS = 8;

/** Looks things up for requests. However many requests there are, the load on the store stays bounded. */
export class SharedLookups<T> {
  readonly #lookUp: (key: string) => Promise<T>;
  readonly #max: number;
  readonly #running = new Map<string, Promise<T>>();

  constructor(lookUp: (key: string) => Promise<T>, max = MAX_LOOKUPS) {
    this.#lookUp = lookUp;
    this.#max = max;
  }

  /**
   * Works like the lookup; concurrent requests for the same key share one. Rejects with a RequestError (`busy`) when
   * `max` other keys are being looked up.
   */
  async find(key: string): Promise<T> {
    return this.#running.get(key) ?? this.#start(key);
  }

  #start(key: string): Promise<T> {
    if (this.#running.size >= this.#max) throw new RequestError('busy', 'Too many requests at once. Please try again.');
    const lookup = this.#lookUp(key).finally(() => this.#running.delete(key));
    this.#running.set(key, lookup);
    return lookup;
  }
}
