import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { StoreError } from '../errors.ts';

/**
 * Runs the work of a key one after another, in the order of the calls; keys run side by side. pg-boss orders messages
 * by the start of the transactions that store them, so those of a conversation must not overlap.
 */
export class KeyedMutex {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #minWorkMs: number;
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * `limitMs` bounds each call: its waiting and its work together. Work that has only `minWorkMs` left never begins: it
   * would probably fail, and delay the work behind it in vain.
   */
  constructor(clock: Clock, limitMs: number, minWorkMs = 0) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#minWorkMs = minWorkMs;
  }

  /**
   * Settles as `work` does, which must end within `leftMs`. Rejects with a StoreError at the deadline, after
   * which no work begins.
   */
  run<T>(key: string, work: (leftMs: number) => Promise<T>): Promise<T> {
    const endMs = this.#clock.now() + this.#limitMs;
    const before = this.#last.get(key) ?? Promise.resolve();
    const result = before.then(() => {
      const leftMs = endMs - this.#clock.now();
      if (leftMs <= this.#minWorkMs) throw tooLate();
      return work(leftMs);
    });
    const settled = result.catch(() => {});
    this.#last.set(key, settled);
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    });
    return withDeadline({ clock: this.#clock, limitMs: this.#limitMs, late: tooLate }, () => result);
  }
}

function tooLate(): StoreError {
  return new StoreError('store_unavailable', 'the database took too long');
}
