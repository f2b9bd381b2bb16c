import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import type { LimitSettings } from '../../config/limit-settings.ts';
import { lruOptions } from '../../lru-options.ts';

const WINDOW_MS = 60_000;
const MAX_PEOPLE = 50_000;

/** How many turns and commands each person may begin within any minute; see `personKey` of a message. */
export class TurnRate {
  readonly #clock: Clock;
  readonly #maxPerMinute: number | undefined;
  /** When each person's latest turns began, the oldest first; never more than may begin. */
  readonly #begun = new LRUCache<string, number[]>(lruOptions(MAX_PEOPLE));

  constructor(clock: Clock, { turnsPerMinute }: Pick<LimitSettings, 'turnsPerMinute'>) {
    this.#clock = clock;
    this.#maxPerMinute = turnsPerMinute;
  }

  /** Counts a turn or command of this person; false, and not counted, where it is one too many. */
  admit(person: string): boolean {
    if (this.#maxPerMinute === undefined) return true;
    const nowMs = this.#clock.now();
    const recent = (this.#begun.get(person) ?? []).filter((atMs) => nowMs - atMs < WINDOW_MS);
    if (recent.length >= this.#maxPerMinute) return false;
    this.#begun.set(person, [...recent, nowMs]);
    return true;
  }
}
