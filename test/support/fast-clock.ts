import { type Clock, systemClock } from '../../src/clock.ts';

/** Longer waits, such as timeouts, are not accelerated. */
const SHORT_MS = 1_000;
const TIMES_FASTER = 50;

/**
 * The real clock, but short waits, such as pacing and backoff, take a fiftieth of their time. The clock then jumps
 * ahead.
 */
export class FastClock implements Clock {
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
