import type { Clock } from '../clock.ts';

/** A reply that comes sooner needs no sign that it is coming. */
const FIRST_AFTER_MS = 500;
/** Clients show the sign for a few seconds; a little sooner than that, and within Teams' limits. */
const REPEAT_AFTER_MS = 3_500;

/** Shows that the bot is at work until it is stopped. A failing sign is no fault worth anybody's time. */
export class TypingSign {
  readonly #send: () => Promise<unknown>;
  readonly #clock: Clock;
  #forget: () => void;
  #isStopped = false;
  #inFlight: Promise<unknown> = Promise.resolve();

  constructor(send: () => Promise<unknown>, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
    this.#forget = clock.after(FIRST_AFTER_MS, () => this.#show());
  }

  /** Resolves when no sign is on its way any more, after which the answer cannot be overtaken by one. */
  get settled(): Promise<unknown> {
    return this.#inFlight;
  }

  /** Safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    this.#forget();
  }

  #show(): void {
    this.#inFlight = this.#send()
      .catch(() => {})
      .then(() => {
        if (!this.#isStopped) this.#forget = this.#clock.after(REPEAT_AFTER_MS, () => this.#show());
      });
  }
}
