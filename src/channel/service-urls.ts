import type { Activity } from 'botbuilder';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { MessageReference } from '../conversation/user-message.ts';
import { lruOptions } from '../lru-options.ts';
import { activityOf, conversationKey, sentAtMsOf } from './user-message.ts';

/** The address of a channel, and when an activity gave it. */
interface Remembered {
  readonly serviceUrl: string;
  /** The time by the clock of the channel, in milliseconds since the epoch. */
  readonly atMs: number;
}

const MAX_CONVERSATIONS = 50_000;

/**
 * The address of the channel for each conversation, by its newest activity. A channel moves conversations between
 * regions, and answers to the old address are lost. An activity that is delivered again has its first timestamp, so it
 * changes nothing.
 */
export class ServiceUrls {
  readonly #clock: Clock;
  readonly #newest = new LRUCache<string, Remembered>(lruOptions(MAX_CONVERSATIONS));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Call it with authenticated activities only: the answers go to their address. */
  remember(key: string, activity: Pick<Activity, 'serviceUrl' | 'timestamp'>): void {
    // An activity without a timestamp, or with one in the future, counts as sent now.
    const nowMs = this.#clock.now();
    const atMs = Math.min(sentAtMsOf(activity) ?? nowMs, nowMs);
    if ((this.#newest.get(key)?.atMs ?? Number.NEGATIVE_INFINITY) > atMs) return;
    this.#newest.set(key, { serviceUrl: withoutSlash(activity.serviceUrl), atMs });
  }

  /** Where to answer a message: where it came from, unless a newer activity of its conversation was remembered here. */
  newest(reference: MessageReference): string {
    // Without a timestamp, every remembered address counts as newer.
    const { sentAtMs = Number.NEGATIVE_INFINITY, clockLeadMs = 0 } = reference;
    // The lead includes the time that the message took, so this is its arrival by the bot's clock.
    const receivedAtMs = sentAtMs + clockLeadMs;
    // A message counts as sent when it arrived, at the latest, as in `remember`.
    const atMs = Math.min(sentAtMs, receivedAtMs);
    const activity = activityOf(reference);
    const remembered = this.#newest.get(conversationKey(activity));
    return remembered === undefined || atMs > remembered.atMs
      ? withoutSlash(activity.serviceUrl)
      : remembered.serviceUrl;
  }
}

/** The address with a slash at the end is the same place. */
function withoutSlash(serviceUrl: string): string {
  return serviceUrl.replace(/\/+$/, '');
}
