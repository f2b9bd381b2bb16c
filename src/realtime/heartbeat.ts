import type { Clock } from '../clock.ts';

/** A peer that said nothing between two beats is asked whether it is still there. */
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
  /** What decides on life and death is counted, not timed: the wall clock may be set meanwhile. */
  #hasHeard = false;
  #isAsking = false;
  #isStopped = false;
  #forgetTimer: () => void = () => {};

  /** Begins to beat. */
  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#lastHeardMs = options.clock.now();
    this.#beat();
  }

  /** Something came from the peer, whatever it was. */
  heard(): void {
    this.#hasHeard = true;
    this.#lastHeardMs = this.#options.clock.now();
  }

  /** Asks at once, unless the peer was heard just now: to be called before something is entrusted to it. */
  ask(): void {
    const { clock, ping } = this.#options;
    const quietMs = clock.now() - this.#lastHeardMs;
    if (this.#isStopped || this.#isAsking || (quietMs >= 0 && quietMs < FRESH_MS)) return;
    this.#isAsking = true;
    this.#hasHeard = false;
    this.#wait(PONG_TIMEOUT_MS, () => this.#judge());
    ping();
  }

  /** Safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    this.#forgetTimer();
  }

  #beat(): void {
    this.#hasHeard = false;
    this.#wait(PING_INTERVAL_MS, () => {
      if (this.#hasHeard) this.#beat();
      else this.ask();
    });
  }

  /** When this process was busy or asleep, an answer may be here already, and only unread: it is read first. */
  #judge(): void {
    setImmediate(() => {
      if (this.#isStopped) return;
      if (this.#hasHeard) {
        this.#isAsking = false;
        this.#beat();
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
