/** How many may do something at the same time; the others wait for their turn, in the order in which they came. */
export class Slots {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Rejects with the reason of `signal` when that is aborted before it is its turn, else as `work` does. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#taken(signal);
    try {
      return await work();
    } finally {
      this.#giveBack();
    }
  }

  async #taken(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => {
      // Whose turn it is already gives its slot back when the work ends.
      if (this.#waiting.delete(resolve)) reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort);
    this.#waiting.add(resolve);
    await promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** To who waits longest, if anybody does. */
  #giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
