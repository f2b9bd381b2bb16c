import { setImmediate as nextTick } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

/** How long `whenWaiting` waits, in real time. */
const TIMEOUT_MS = 8_000;

interface Timer {
  readonly dueMs: number;
  readonly delayMs: number;
  readonly run: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs: number;
  /** In the order of creation, which decides between timers that are due at the same time. */
  readonly #timers = new Set<Timer>();
  readonly #waiters = new Set<() => void>();

  constructor(startMs = 1_800_000_000_000) {
    this.#nowMs = startMs;
  }

  /** A field and not a method, so that it can be passed on without the clock. */
  readonly now = (): number => this.#nowMs;

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, delayMs, run };
    this.#timers.add(timer);
    for (const wake of this.#waiters) wake();
    return () => this.#timers.delete(timer);
  }

  /** The delays of all timers, in the order of creation. */
  get waiting(): readonly number[] {
    return [...this.#timers].map(({ delayMs }) => delayMs);
  }

  /** Resolves as soon as there is a timer with this delay. */
  whenWaiting(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => {
        this.#waiters.delete(look);
        reject(new Error(`no timer for ${delayMs} ms was set; there are ${this.waiting.join(', ') || 'none'}`));
      }, TIMEOUT_MS);
      const look = () => {
        if (!this.waiting.includes(delayMs)) return;
        this.#waiters.delete(look);
        clearTimeout(giveUp);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  /**
   * Advances by `ms`. Timers that are due run one by one, each at its own time, including those they create. The
   * reactions to promises that a timer settles run before the next timer.
   */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await nextTick();
    for (let timer = this.#nextDue(untilMs); timer !== undefined; timer = this.#nextDue(untilMs)) {
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.run();
      await nextTick();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #nextDue(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}
