/** These tests take less than a second each; a promise that hangs fails its test instead of the whole run. */
const TIMEOUT_MS = 8_000;

/** Settles like `promise`, or rejects after 8 s. */
export function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = new Error(`it did not come in ${TIMEOUT_MS} ms`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, TIMEOUT_MS, late);
    promise.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/** A list that can be waited for. */
export class Gathered<T> {
  readonly all: T[] = [];
  readonly #waiters = new Set<() => void>();

  add(item: T): void {
    this.all.push(item);
    for (const look of this.#waiters) look();
  }

  /** Resolves with all items as soon as there are `count`. */
  when(count: number): Promise<readonly T[]> {
    return this.#until(() => (this.all.length >= count ? this.all : undefined));
  }

  /** Resolves with the first item that fits, past ones included. */
  first(fits: (item: T) => boolean): Promise<T> {
    return this.#until(() => this.all.find(fits));
  }

  #until<Found>(find: () => Found | undefined): Promise<Found> {
    const waiting = new Promise<Found>((resolve) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        this.#waiters.delete(look);
        resolve(found);
      };
      this.#waiters.add(look);
      look();
    });
    return inTime(waiting);
  }
}
