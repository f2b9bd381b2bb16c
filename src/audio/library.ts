import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';

/** A reply's sound as it is served. */
export interface StoredAudio {
  readonly wav: Buffer;
  readonly savedAtMs: number;
}

/** Where the audio of replies lives until it is fetched. */
export interface AudioLibrary {
  /** Keeps a WAV and resolves with its unguessable id; `undefined` when it is larger than all the room there is. */
  save(wav: Buffer): Promise<string | undefined>;
  /** `undefined` when unknown, too old, or pushed out by newer audio. */
  find(id: string): Promise<StoredAudio | undefined>;
}

/** The bounds of the library in memory. */
export interface MemoryLibraryOptions {
  /** Room for all audio together, in bytes. */
  readonly maxBytes: number;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** A library in memory: bounded in bytes, the oldest audio leaves first, and nothing outlives its retention. */
export function createMemoryLibrary({ maxBytes, retentionMs, clock, ids }: MemoryLibraryOptions): AudioLibrary {
  const stored = new LRUCache<string, StoredAudio>({ maxSize: maxBytes, sizeCalculation: ({ wav }) => wav.byteLength });
  const isExpired = (audio: StoredAudio) => clock.now() - audio.savedAtMs >= retentionMs;

  function removeExpired(): void {
    for (const id of stored.rkeys()) {
      const audio = stored.peek(id);
      if (audio !== undefined && !isExpired(audio)) return;
      stored.delete(id);
    }
  }

  return {
    async save(wav) {
      removeExpired();
      if (wav.byteLength > maxBytes) return undefined;
      const id = ids.secret();
      stored.set(id, { wav, savedAtMs: clock.now() });
      return id;
    },
    async find(id) {
      // `peek` does not count as use: what is oldest stays oldest, however often it is played.
      const audio = stored.peek(id);
      return audio === undefined || isExpired(audio) ? undefined : audio;
    },
  };
}
