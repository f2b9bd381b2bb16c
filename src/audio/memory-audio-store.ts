import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import { type AudioStore, type StoredAudio, toStored } from './audio-store.ts';

export interface MemoryAudioStoreOptions {
  /** Limits all audio together with its transcripts. */
  readonly maxBytes: number;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly ids: Ids;
}

interface Entry {
  readonly audio: StoredAudio;
  readonly wav: Buffer;
}

/** Stores audio in memory, up to `maxBytes`. The oldest is evicted first. */
export function createMemoryAudioStore({ maxBytes, retentionMs, clock, ids }: MemoryAudioStoreOptions): AudioStore {
  const entries = new LRUCache<string, Entry>({
    maxSize: maxBytes,
    sizeCalculation: ({ audio }) => audio.byteLength + 2 * audio.text.length,
  });
  const isExpired = ({ audio }: Entry) => clock.now() >= audio.expiresAtMs;

  function deleteAll(matches: (entry: Entry) => boolean): void {
    for (const [id, entry] of [...entries.entries()]) if (matches(entry)) entries.delete(id);
  }

  function find(id: string): Entry | undefined {
    // `peek` does not count as use: playing audio does not make it younger.
    const entry = entries.peek(id);
    return entry === undefined || isExpired(entry) ? undefined : entry;
  }

  return {
    async save(reply) {
      deleteAll(isExpired);
      const audio = toStored(reply, { id: ids.secret(), linkKey: ids.secret() }, clock.now(), retentionMs);
      // The cache refuses an entry that is larger than the whole cache.
      entries.set(audio.id, { audio, wav: reply.wav });
      return entries.has(audio.id) ? audio : undefined;
    },
    async find(id) {
      return find(id)?.audio;
    },
    async read(id, range) {
      const wav = find(id)?.wav;
      return range === undefined ? wav : wav?.subarray(range.start, range.end + 1);
    },
    async remove(id) {
      entries.delete(id);
    },
    async forget(conversation) {
      deleteAll(({ audio }) => audio.conversation === conversation);
    },
  };
}
