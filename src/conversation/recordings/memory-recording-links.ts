import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import type { Ids } from '../../ids.ts';
import { lruOptions } from '../../lru-options.ts';
import { placeOf, type RecordingLink, type RecordingLinks, recordingLinkOf } from './recording-links.ts';

const MAX_LINKS = 50_000;

/** Recording links in the memory of this process: bounded in number, the oldest leave first. */
export function createMemoryRecordingLinks(clock: Clock, ids: Ids): RecordingLinks {
  /** By their places. */
  const kept = new LRUCache<string, RecordingLink>(lruOptions(MAX_LINKS));
  const isExpired = ({ expiresAtMs }: RecordingLink) => clock.now() >= expiresAtMs;

  /** All hold for the same time, so the first made is the first to end. */
  function removeExpired(): void {
    for (const place of kept.rkeys()) {
      const oldest = kept.peek(place);
      if (oldest !== undefined && !isExpired(oldest)) return;
      kept.delete(place);
    }
  }

  /** `peek` does not count as use: what is oldest stays oldest. */
  function lookUp(id: string): RecordingLink | undefined {
    const recordingLink = kept.peek(placeOf(id));
    return recordingLink?.id === id ? recordingLink : undefined;
  }

  return {
    async create(guest) {
      removeExpired();
      const recordingLink = recordingLinkOf(guest, ids, clock);
      kept.set(placeOf(recordingLink.id), recordingLink);
      return recordingLink;
    },
    async find(id) {
      const recordingLink = lookUp(id);
      return recordingLink === undefined || isExpired(recordingLink) ? undefined : recordingLink;
    },
    async claim(id) {
      return lookUp(id) !== undefined && kept.delete(placeOf(id));
    },
    async forget(key) {
      for (const [place, recordingLink] of [...kept.entries()]) if (recordingLink.key === key) kept.delete(place);
    },
  };
}
