import { LRUCache } from 'lru-cache';
import { atMost } from '../at-most.ts';
import type { Clock } from '../clock.ts';

/** From then on users are told why their messages are refused. */
const LASTING_MS = 10_000;
/** Each conversation is told once in a while. */
const TELL_AGAIN_MS = 5 * 60_000;
const MAX_CONVERSATIONS = 50_000;

/** Decides who is told that messages cannot be stored now. */
export class OutageNotices {
  readonly #clock: Clock;
  readonly #told: LRUCache<string, true>;
  /** `undefined` while the store answers. */
  #failingSinceMs: number | undefined;
  #lastFailureMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    const perf = { now: () => clock.now() };
    this.#told = new LRUCache({ ...atMost(MAX_CONVERSATIONS), ttl: TELL_AGAIN_MS, ttlResolution: 0, perf });
  }

  noteSuccess(): void {
    this.#failingSinceMs = undefined;
  }

  noteFailure(): void {
    const nowMs = this.#clock.now();
    const isAnother = nowMs - this.#lastFailureMs > TELL_AGAIN_MS;
    if (this.#failingSinceMs === undefined || isAnother) this.#failingSinceMs = nowMs;
    this.#lastFailureMs = nowMs;
  }

  /** Whether a conversation is to be told now: the outage lasts, and it was not told lately. */
  isDue(key: string): boolean {
    const sinceMs = this.#failingSinceMs;
    if (sinceMs === undefined || this.#clock.now() - sinceMs < LASTING_MS || this.#told.has(key)) return false;
    this.#told.set(key, true);
    return true;
  }
}
