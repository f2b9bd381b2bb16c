import type { Clock } from '../../src/clock.ts';
import { Gathered } from '../realtime/gathered.ts';

/** The largest delay that `setTimeout` keeps. */
const MAX_DELAY_MS = 2 ** 31 - 1;

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
  handle: NodeJS.Timeout | undefined;
}

/** The real clock of a machine, which a test can put forward. */
export class SkipClock implements Clock {
  #aheadMs: number;
  readonly #timers = new Set<Timer>();
  readonly #set = new Gathered<number>();

  constructor(aheadMs = 0) {
    this.#aheadMs = aheadMs;
  }

  readonly now = (): number => Date.now() + this.#aheadMs;

  after(delayMs: number, run: () => void): () => void {
    const timer: Timer = { dueMs: this.now() + delayMs, run, handle: undefined };
    this.#timers.add(timer);
    this.#arm(timer);
    this.#set.add(delayMs);
    return () => this.#forget(timer);
  }

  /** How many timers are set. */
  get size(): number {
    return this.#timers.size;
  }

  /** Delays of all timers that were ever set; how many there were before is where a test looks on from. */
  get history(): readonly number[] {
    return this.#set.all;
  }

  /** Resolves as soon as a timer for this delay is set, not counting the first `from` ever. */
  async whenSet(delayMs: number, from = 0): Promise<void> {
    await this.#set.first((each) => each === delayMs && this.#set.all.lastIndexOf(delayMs) >= from);
  }

  /** Puts the clock forward: what is due by then runs at once, in its order. */
  skip(ms: number): void {
    this.#aheadMs += ms;
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= this.now()).sort((one, two) => one.dueMs - two.dueMs);
    for (const timer of this.#timers) this.#arm(timer);
    for (const timer of due) if (this.#forget(timer)) timer.run();
  }

  #arm(timer: Timer): void {
    clearTimeout(timer.handle);
    const delayMs = Math.min(Math.max(0, timer.dueMs - this.now()), MAX_DELAY_MS);
    timer.handle = setTimeout(() => {
      if (this.#forget(timer)) timer.run();
    }, delayMs);
    timer.handle.unref();
  }

  #forget(timer: Timer): boolean {
    clearTimeout(timer.handle);
    return this.#timers.delete(timer);
  }
}
