import type { Clock } from '../clock.ts';

/** A peer that is silent for this long gets a ping. */
export const PING_INTERVAL_MS = 30_000;
/** How long the peer may take to answer a ping. */
export const PONG_TIMEOUT_MS = 5_000;
/** A peer that was heard within this time needs no ping. */
const FRESH_MS = 5_000;

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly ping: () => void;
  /** Called once, when the peer did not answer; nothing follows. */
  readonly onDead: () => void;
}

/**
 * Detects a dead peer: a socket whose network is gone looks open for minutes and accepts what is sent. The client
 * library sends no pings.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #lastHeardMs: number;
  /** A flag, not a time, decides whether the peer is dead: the wall clock may be set meanwhile. */
  #hasHeard = false;
  #isPinging = false;
  #isStopped = false;
  #cancelTimer: () => void = () => {};

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#lastHeardMs = options.clock.now();
    this.#waitForSilence();
  }

  /** Call it for every frame of the peer. */
  heard(): void {
    this.#hasHeard = true;
    this.#lastHeardMs = this.#options.clock.now();
  }

  /** Pings at once, unless the peer was just heard. Call it before sending something that must arrive. */
  probe(): void {
    const { clock, ping } = this.#options;
    const quietMs = clock.now() - this.#lastHeardMs;
    if (this.#isStopped || this.#isPinging || (quietMs >= 0 && quietMs < FRESH_MS)) return;
    this.#isPinging = true;
    this.#hasHeard = false;
    // After a pause of the process, `setImmediate` lets a waiting answer be read first.
    this.#setTimer(PONG_TIMEOUT_MS, () => setImmediate(() => this.#decide()));
    ping();
  }

  /** Safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #waitForSilence(): void {
    this.#hasHeard = false;
    this.#setTimer(PING_INTERVAL_MS, () => (this.#hasHeard ? this.#waitForSilence() : this.probe()));
  }

  #decide(): void {
    if (this.#isStopped) return;
    this.#isPinging = false;
    if (this.#hasHeard) {
      this.#waitForSilence();
      return;
    }
    this.stop();
    this.#options.onDead();
  }

  #setTimer(delayMs: number, run: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.after(delayMs, run);
  }
}
