import type { Activity } from 'botbuilder';
import { LRUCache } from 'lru-cache';
import { atMost } from '../at-most.ts';
import type { Clock } from '../clock.ts';

const MAX_CONVERSATIONS = 50_000;

/** The address of a channel, and when an activity gave it. */
interface Noted {
  readonly serviceUrl: string;
  /** By the clock of the channel, in milliseconds since the epoch. */
  readonly atMs: number;
}

/**
 * The address of the channel for each conversation, as its newest activity gave it. It changes while conversations
 * last (a channel moves them between regions), and answers to the old one are lost. An activity that is delivered again
 * changes nothing: its own timestamp says when it was sent.
 */
export class ServiceUrls {
  readonly #clock: Clock;
  readonly #newest = new LRUCache<string, Noted>(atMost(MAX_CONVERSATIONS));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called with authenticated activities only: the answers go there. */
  note(key: string, { serviceUrl, timestamp }: Pick<Activity, 'serviceUrl' | 'timestamp'>): void {
    const atMs = this.#atMs(timestamp);
    if ((this.#newest.get(key)?.atMs ?? Number.NEGATIVE_INFINITY) > atMs) return;
    // With a slash at the end or without it is the same place.
    this.#newest.set(key, { serviceUrl: serviceUrl.replace(/\/+$/, ''), atMs });
  }

  newest(key: string): string | undefined {
    return this.#newest.get(key)?.serviceUrl;
  }

  /** An activity without a timestamp, or with one of the future, was sent now. */
  #atMs(timestamp: unknown): number {
    const nowMs = this.#clock.now();
    const sentAtMs = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
    return Number.isNaN(sentAtMs) ? nowMs : Math.min(sentAtMs, nowMs);
  }
}
