import { LRUCache } from 'lru-cache';
import { atMost } from '../at-most.ts';

const MOST_CONVERSATIONS = 50_000;

/**
 * The address of the channel for each conversation, as its newest activity gave it. It changes while conversations
 * last (a channel moves them between regions), and answers to the old one are lost.
 */
export class ServiceUrls {
  readonly #newest = new LRUCache<string, string>(atMost(MOST_CONVERSATIONS));

  /** To be called with authenticated activities only: the answers go there. */
  note(key: string, serviceUrl: string): void {
    // With a slash at the end or without it is the same place.
    this.#newest.set(key, serviceUrl.replace(/\/+$/, ''));
  }

  newest(key: string): string | undefined {
    return this.#newest.get(key);
  }
}
