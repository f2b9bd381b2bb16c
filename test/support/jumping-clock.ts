import { type Clock, systemClock } from '../../src/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** The real clock, which a test can advance: timers that are due then run at once. */
export class JumpingClock implements Clock {
  readonly #timers = new Set<Timer>();
  #aheadMs = 0;

  readonly now = (): number => Date.now() + this.#aheadMs;

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.now() + delayMs, run: () => end() && run() };
    const cancel = systemClock.after(delayMs, timer.run);
    const end = () => {
      cancel();
      return this.#timers.delete(timer);
    };
    this.#timers.add(timer);
    return end;
  }

  jump(ms: number): void {
    this.#aheadMs += ms;
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= this.now());
    for (const { run } of due.sort((one, other) => one.dueMs - other.dueMs)) run();
  }
}
