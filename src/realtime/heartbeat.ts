import type { Clock } from '../clock.ts';

/** A peer that said nothing for so long is asked whether it is still there. */
export const PING_INTERVAL_MS = 30_000;
/** How long it may take to answer. */
export const PONG_TIMEOUT_MS = 5_000;
/** A peer that was heard so lately needs no asking. */
const FRESH_MS = 5_000;

/** What a heartbeat beats with. */
export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly ping: () => void;
  /** Called once, when the peer did not answer. Nothing comes after it. */
  readonly onDead: () => void;
}

/**
 * Finds out whether the other end of a socket is still there: one whose network went away looks open for minutes, and
 * takes what is sent without a word. The client library sends no pings of its own.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #lastHeardMs: number;
  #askedAtMs: number | undefined;
  #isStopped = false;
  #forgetTimer: () => void = () => {};

  /** Begins to beat. */
  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#lastHeardMs = options.clock.now();
    this.#beatIn(PING_INTERVAL_MS);
  }

  /** Something came from the peer, whatever it was. */
  heard(): void {
    this.#lastHeardMs = this.#options.clock.now();
  }

  /** Asks at once, unless the peer was heard just now: to be called before something is entrusted to it. */
  ask(): void {
    const { clock, ping } = this.#options;
    const nowMs = clock.now();
    if (this.#isStopped || this.#askedAtMs !== undefined || nowMs - this.#lastHeardMs < FRESH_MS) return;
    this.#askedAtMs = nowMs;
    this.#wait(PONG_TIMEOUT_MS, () => this.#judge(nowMs));
    ping();
  }

  /** Safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    this.#forgetTimer();
  }

  #beatIn(delayMs: number): void {
    this.#wait(delayMs, () => {
      const quietMs = this.#options.clock.now() - this.#lastHeardMs;
      if (quietMs < PING_INTERVAL_MS) this.#beatIn(PING_INTERVAL_MS - quietMs);
      else this.ask();
    });
  }

  /** When this process was busy or asleep, an answer may be here already, and only unread: it is read first. */
  #judge(askedAtMs: number): void {
    setImmediate(() => {
      if (this.#isStopped) return;
      if (this.#lastHeardMs >= askedAtMs) {
        this.#askedAtMs = undefined;
        this.#beatIn(PING_INTERVAL_MS);
        return;
      }
      this.stop();
      this.#options.onDead();
    });
  }

  #wait(delayMs: number, run: () => void): void {
    this.#forgetTimer();
    this.#forgetTimer = this.#options.clock.after(delayMs, run);
  }
}
