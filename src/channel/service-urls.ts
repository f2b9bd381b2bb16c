import type { Activity } from 'botbuilder';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { MessageReference } from '../conversation/user-message.ts';
import { lruOptions } from '../lru-options.ts';
import { keyOf, sentAtMsOf } from './user-message.ts';

/** The address of a channel, and when an activity gave it. */
interface Noted {
  readonly serviceUrl: string;
  /** By the clock of the channel, in milliseconds since the epoch. */
  readonly atMs: number;
}

const MAX_CONVERSATIONS = 50_000;

/**
 * The address of the channel for each conversation, as its newest activity gave it. It changes while conversations
 * last (a channel moves them between regions), and answers to the old one are lost. An activity that is delivered again
 * changes nothing: its own timestamp says when it was sent.
 */
export class ServiceUrls {
  readonly #clock: Clock;
  readonly #newest = new LRUCache<string, Noted>(lruOptions(MAX_CONVERSATIONS));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called with authenticated activities only: the answers go there. */
  note(key: string, activity: Pick<Activity, 'serviceUrl' | 'timestamp'>): void {
    // One without a timestamp, or with one of the future, was sent now.
    const nowMs = this.#clock.now();
    const atMs = Math.min(sentAtMsOf(activity) ?? nowMs, nowMs);
    if ((this.#newest.get(key)?.atMs ?? Number.NEGATIVE_INFINITY) > atMs) return;
    this.#newest.set(key, { serviceUrl: withoutSlash(activity.serviceUrl), atMs });
  }

  /** Where to answer a message: where it came from, unless a newer activity of its conversation was noted here. */
  newest(reference: MessageReference): string {
    const { activity, sentAtMs = Number.NEGATIVE_INFINITY, clockLeadMs = 0 } = reference;
    // Not later than it arrived, as in `note`.
    const atMs = sentAtMs + Math.min(0, clockLeadMs);
    const noted = this.#newest.get(keyOf(reference));
    return noted === undefined || atMs > noted.atMs ? withoutSlash(String(activity['serviceUrl'])) : noted.serviceUrl;
  }
}

/** With a slash at the end or without it is the same place. */
function withoutSlash(serviceUrl: string): string {
  return serviceUrl.replace(/\/+$/, '');
}
