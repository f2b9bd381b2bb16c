import type { Clock } from '../clock.ts';

/** A reply that comes sooner needs no indicator before it. */
const FIRST_AFTER_MS = 500;
/** Clients show the indicator for a few seconds. This is a little less, and within Teams' limits. */
const REPEAT_AFTER_MS = 3_500;

/** Shows the typing indicator until it is stopped. One that fails is ignored. */
export class TypingIndicator {
  readonly #send: () => Promise<unknown>;
  readonly #clock: Clock;
  #cancelTimer: () => void;
  #isStopped = false;
  #inFlight: Promise<void> = Promise.resolve();

  constructor(send: () => Promise<unknown>, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
    this.#cancelTimer = clock.after(FIRST_AFTER_MS, () => this.#show());
  }

  /** Resolves when no indicator is in flight any more, so that none can arrive after the answer. */
  get settled(): Promise<void> {
    return this.#inFlight;
  }

  /** Safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #show(): void {
    this.#inFlight = this.#send()
      .catch(() => {})
      .then(() => {
        if (!this.#isStopped) this.#cancelTimer = this.#clock.after(REPEAT_AFTER_MS, () => this.#show());
      });
  }
}
