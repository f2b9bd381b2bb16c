import { AttachmentError } from '../errors.ts';
import { type ShareBounds, Shares } from '../shares.ts';

/** How many may do something at the same time, and how many may wait for it. */
export interface SlotBounds extends ShareBounds {
  readonly maxWaitingPerPerson: number;
}

/**
 * How many may do something at the same time; the others wait. People take turns: whoever wants much waits behind
 * themselves, and nobody else does. The waiting ones of one person go in the order in which they came.
 */
export class Slots {
  readonly #running: Shares;
  readonly #maxWaitingPerPerson: number;
  /** Only people of whom some wait; the first of them is the next whose turn it is. */
  readonly #waiting = new Map<string, Set<(release: () => void) => void>>();

  constructor({ maxWaitingPerPerson, ...bounds }: SlotBounds) {
    this.#running = new Shares(bounds);
    this.#maxWaitingPerPerson = maxWaitingPerPerson;
  }

  /**
   * Rejects with the reason of `signal` when that is aborted before it is its turn; with an AttachmentError `busy` when
   * too many of this person wait already; else as `work` does.
   */
  async run<T>(person: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const release = this.#running.acquire(person) ?? (await this.#turn(person, signal));
    try {
      return await work();
    } finally {
      release();
      this.#next();
    }
  }

  async #turn(person: string, signal: AbortSignal): Promise<() => void> {
    const waiting = this.#waiting.get(person) ?? new Set();
    if (waiting.size >= this.#maxWaitingPerPerson) {
      throw new AttachmentError('busy', `${waiting.size} of one person wait already`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const onAbort = () => {
      // Whose turn it is already releases its slot when the work ends.
      if (waiting.delete(resolve)) reject(signal.reason);
      if (waiting.size === 0 && this.#waiting.get(person) === waiting) this.#waiting.delete(person);
    };
    signal.addEventListener('abort', onAbort);
    this.#waiting.set(person, waiting.add(resolve));
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** One was released, so at most one can begin. */
  #next(): void {
    for (const [person, waiting] of this.#waiting) {
      const [begin] = waiting;
      const release = begin && this.#running.acquire(person);
      if (begin === undefined || release === undefined) continue;
      waiting.delete(begin);
      // To the end of the line.
      this.#waiting.delete(person);
      if (waiting.size > 0) this.#waiting.set(person, waiting);
      begin(release);
      return;
    }
  }
}
