/** Looks up by ids that strangers may have made up: the load on the store stays bounded, however many requests there are. */
export class BoundedLookups<T> {
  readonly #max: number;
  readonly #busy: () => Error;
  readonly #running = new Map<string, Promise<T>>();

  /** `max` limits concurrent lookups of different ids; `busy` creates the error of those beyond. */
  constructor(max: number, busy: () => Error) {
    this.#max = max;
    this.#busy = busy;
  }

  /** Settles as `lookUp` does. Concurrent calls with the same id share one lookup. */
  async run(id: string, lookUp: () => Promise<T>): Promise<T> {
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    if (this.#running.size >= this.#max) throw this.#busy();
    const lookup = lookUp().finally(() => this.#running.delete(id));
    this.#running.set(id, lookup);
    return lookup;
  }
}
