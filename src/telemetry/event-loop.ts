import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const PERCENTILE = 99;

/** The delay of the event loop. It is measured only from the first `read` on, since that costs a little. */
export class EventLoopDelay {
  #histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;

  /** The 99th percentile in seconds since the last call; `undefined` at the first call. */
  read(): number | undefined {
    if (this.#histogram === undefined) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#histogram.enable();
      return undefined;
    }
    const nanoseconds = this.#histogram.percentile(PERCENTILE);
    this.#histogram.reset();
    // Each delay includes the monitor's own timer.
    return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
  }

  /** Safe to call twice. */
  close(): void {
    this.#histogram?.disable();
  }
}
