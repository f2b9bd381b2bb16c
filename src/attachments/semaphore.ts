import { AttachmentError } from '../errors.ts';
import { type Person, type ShareBounds, Shares } from '../shares.ts';

export interface SemaphoreBounds extends ShareBounds {
  readonly maxWaitingPerPerson: number;
}

interface Waiter {
  readonly person: Person;
  readonly start: (release: () => void) => void;
}

/** Limits concurrent work. Waiting work is served round-robin by person, and each person's own work in order. */
export class Semaphore {
  readonly #running: Shares;
  readonly #maxWaitingPerPerson: number;
  /** The waiters in the order of their start. */
  #waiting: readonly Waiter[] = [];

  constructor(bounds: SemaphoreBounds) {
    this.#running = new Shares(bounds);
    this.#maxWaitingPerPerson = bounds.maxWaitingPerPerson;
  }

  /**
   * Settles like `work`. Rejects with the reason of `signal` if that is aborted before the work starts, and with an
   * AttachmentError (`busy`) if too much work of this person waits.
   */
  async run<T>(person: Person, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const release = this.#running.acquire(person) ?? (await this.#wait(person, signal));
    try {
      return await work();
    } finally {
      release();
      this.#startNext();
    }
  }

  async #wait(person: Person, signal: AbortSignal): Promise<() => void> {
    const { length } = this.#waiting.filter((waiter) => waiter.person.key === person.key);
    if (length >= this.#maxWaitingPerPerson) throw new AttachmentError('busy', `${length} of one person wait already`);
    const { promise, resolve: start, reject } = Promise.withResolvers<() => void>();
    const own = { person, start };
    this.#waiting = [...this.#waiting, own];
    const onAbort = () => {
      // Work that has started releases its slot at its end.
      if (this.#waiting.includes(own)) reject(signal.reason);
      this.#waiting = this.#waiting.filter((waiter) => waiter !== own);
    };
    signal.addEventListener('abort', onAbort);
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** One slot was released, so at most one waiter can start. */
  #startNext(): void {
    for (const next of this.#waiting) {
      const release = this.#running.acquire(next.person);
      if (release === undefined) continue;
      const isSamePerson = ({ person }: Waiter) => person.key === next.person.key;
      // The other work of this person moves to the end.
      const same = this.#waiting.filter((waiter) => isSamePerson(waiter) && waiter !== next);
      this.#waiting = [...this.#waiting.filter((waiter) => !isSamePerson(waiter)), ...same];
      next.start(release);
      return;
    }
  }
}
