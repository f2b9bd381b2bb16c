import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import type { Ids } from '../../ids.ts';
import { expiryOptions, lruOptions } from '../../lru-options.ts';
import type { RecordingLink } from '../user-message.ts';
import { LINK_LIFETIME_MS, type RecordingLinks, recordingLinkOf, slotOf } from './recording-links.ts';

const MAX_LINKS = 50_000;

/** Recording links in the memory of this process: bounded in number, the oldest leave first. */
export function createMemoryRecordingLinks(clock: Clock, ids: Ids): RecordingLinks {
  // lru-cache keeps an entry of exactly this age.
  /** Keyed by the slot of each link. */
  const links = new LRUCache<string, RecordingLink>({
    ...lruOptions(MAX_LINKS),
    ...expiryOptions(LINK_LIFETIME_MS - 1, clock),
  });
  /** `peek` does not count as use: what is oldest stays oldest. */
  const lookUp = (id: string) => {
    const link = links.peek(slotOf(id));
    return link?.id === id ? link : undefined;
  };
  return {
    async create(owner) {
      const link = recordingLinkOf(owner, ids, clock);
      links.set(slotOf(link.id), link);
      return link;
    },
    async find(id) {
      return lookUp(id);
    },
    async claim(id) {
      return lookUp(id) !== undefined && links.delete(slotOf(id));
    },
    async forget(key) {
      for (const [slot, link] of [...links.entries()]) if (link.key === key) links.delete(slot);
    },
  };
}
