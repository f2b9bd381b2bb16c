import { unlessAborted } from '../deadline.ts';
import { AttachmentError } from '../errors.ts';

/** Runs work one after another, in the order of the calls. */
export class SerialQueue {
  readonly #maxWaiting: number;
  readonly #closing = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #count = 0;

  /** `maxWaiting` limits the work that waits behind the running one. */
  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Settles like `work`, whose signal is aborted with `signal` and at the close. Rejects with the signal's reason on
   * abort before the work begins; with an AttachmentError `busy` when too much waits and after the close.
   */
  async run<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const combined = AbortSignal.any([signal, this.#closing.signal]);
    combined.throwIfAborted();
    if (this.#count > this.#maxWaiting) throw new AttachmentError('busy', `${this.#maxWaiting} jobs wait already`);
    const before = this.#last;
    const own = Promise.withResolvers<void>();
    this.#last = own.promise;
    this.#count += 1;
    try {
      await unlessAborted(combined, () => before);
      return await work(combined);
    } finally {
      this.#count -= 1;
      // Not at once: if this work was aborted while it waited, the next one must still wait for `before`.
      void before.then(own.resolve);
    }
  }

  /** Aborts running and waiting work with `busy`, and waits for its end. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing.abort(new AttachmentError('busy', 'closed'));
    await this.#last;
  }
}
