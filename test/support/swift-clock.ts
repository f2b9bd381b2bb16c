import { type Clock, systemClock } from '../../src/clock.ts';

/** The longest wait that is cut short: a pace or a pause before another attempt, never what gives something up. */
const SHORT_MS = 1_000;
const TIMES_FASTER = 50;

/**
 * The real clock, except that a short wait takes a fiftieth of its time. The clock then jumps to its end, so that
 * whoever waited finds that the time is over.
 */
export class SwiftClock implements Clock {
  #aheadMs = 0;

  readonly now = (): number => Date.now() + this.#aheadMs;

  after(delayMs: number, run: () => void): () => void {
    if (delayMs > SHORT_MS) return systemClock.after(delayMs, run);
    const dueMs = this.now() + delayMs;
    return systemClock.after(delayMs / TIMES_FASTER, () => {
      this.#aheadMs += Math.max(0, dueMs - this.now());
      run();
    });
  }
}
