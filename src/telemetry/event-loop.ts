import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const WORST_OF_PERCENT = 99;

/** The delays of the event loop. They are looked at only once somebody has asked, since that costs a little. */
export class EventLoopDelay {
  #histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;

  /** Seconds that one delay in a hundred has exceeded since this was called last; `undefined` at the first time. */
  read(): number | undefined {
    if (this.#histogram === undefined) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#histogram.enable();
      return undefined;
    }
    const nanoseconds = this.#histogram.percentile(WORST_OF_PERCENT);
    this.#histogram.reset();
    // The monitor's own timer is a part of each.
    return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
  }

  /** Safe to call twice. */
  close(): void {
    this.#histogram?.disable();
  }
}
