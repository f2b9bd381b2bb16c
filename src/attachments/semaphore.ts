import { AttachmentError } from '../errors.ts';
import { type Person, type ShareBounds, Shares } from '../shares.ts';

/** How many may do something at the same time, and how many may wait for it. */
export interface SemaphoreBounds extends ShareBounds {
  readonly maxWaitingPerPerson: number;
}

/** What waits of one person, in its order. */
interface Waiting {
  readonly person: Person;
  readonly begins: Set<(release: () => void) => void>;
}

/**
 * How many may do something at the same time; the others wait. People take turns: whoever wants much waits behind
 * themselves, and nobody else does. The waiting ones of one person go in the order in which they came.
 */
export class Semaphore {
  readonly #running: Shares;
  readonly #maxWaitingPerPerson: number;
  /** Only people of whom some wait, by their keys; the first of them is the next whose turn it is. */
  readonly #waiting = new Map<string, Waiting>();

  constructor({ maxWaitingPerPerson, ...bounds }: SemaphoreBounds) {
    this.#running = new Shares(bounds);
    this.#maxWaitingPerPerson = maxWaitingPerPerson;
  }

  /**
   * Rejects with the reason of `signal` when that is aborted before it is its turn; with an AttachmentError `busy` when
   * too many of this person wait already; else as `work` does.
   */
  async run<T>(person: Person, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const release = this.#running.acquire(person) ?? (await this.#turn(person, signal));
    try {
      return await work();
    } finally {
      release();
      this.#next();
    }
  }

  async #turn(person: Person, signal: AbortSignal): Promise<() => void> {
    const { key } = person;
    const waiting = this.#waiting.get(key) ?? { person, begins: new Set() };
    const { begins } = waiting;
    if (begins.size >= this.#maxWaitingPerPerson) {
      throw new AttachmentError('busy', `${begins.size} of one person wait already`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const onAbort = () => {
      // Whose turn it is already releases its slot when the work ends.
      if (begins.delete(resolve)) reject(signal.reason);
      if (begins.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    };
    signal.addEventListener('abort', onAbort);
    begins.add(resolve);
    this.#waiting.set(key, waiting);
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** One was released, so at most one can begin. */
  #next(): void {
    for (const [key, waiting] of this.#waiting) {
      const { person, begins } = waiting;
      const [begin] = begins;
      const release = begin && this.#running.acquire(person);
      if (begin === undefined || release === undefined) continue;
      begins.delete(begin);
      // To the end of the line.
      this.#waiting.delete(key);
      if (begins.size > 0) this.#waiting.set(key, waiting);
      begin(release);
      return;
    }
  }
}
