import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import { type AudioStore, type StoredAudio, toStored } from './audio-store.ts';

export interface MemoryAudioStoreOptions {
  /** Bound of all audio together, in bytes. */
  readonly maxBytes: number;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly ids: Ids;
}

interface Entry {
  readonly audio: StoredAudio;
  readonly wav: Buffer;
}

/** Audio in memory: bounded in bytes, the oldest leaves first, and nothing outlives its retention. */
export function createMemoryAudioStore({ maxBytes, retentionMs, clock, ids }: MemoryAudioStoreOptions): AudioStore {
  const entries = new LRUCache<string, Entry>({
    maxSize: maxBytes,
    sizeCalculation: ({ wav, audio }) => sizeOf(wav, audio.text),
  });
  const isExpired = ({ audio }: Entry) => clock.now() >= audio.expiresAtMs;

  function removeExpired(): void {
    for (const id of entries.rkeys()) {
      const entry = entries.peek(id);
      if (entry !== undefined && !isExpired(entry)) return;
      entries.delete(id);
    }
  }

  function entryOf(id: string): Entry | undefined {
    // `peek` does not count as use: playing a sound does not make it younger.
    const entry = entries.peek(id);
    return entry === undefined || isExpired(entry) ? undefined : entry;
  }

  return {
    async save(sound) {
      removeExpired();
      if (sizeOf(sound.wav, sound.text) > maxBytes) return undefined;
      const audio = toStored(sound, { id: ids.secret(), linkKey: ids.secret() }, clock.now(), retentionMs);
      entries.set(audio.id, { audio, wav: sound.wav });
      return audio;
    },
    async find(id) {
      return entryOf(id)?.audio;
    },
    async read(id, range) {
      const wav = entryOf(id)?.wav;
      return range === undefined ? wav : wav?.subarray(range.start, range.end + 1);
    },
    async remove(id) {
      entries.delete(id);
    },
    async forget(conversation) {
      for (const [id, { audio }] of [...entries.entries()]) if (audio.conversation === conversation) entries.delete(id);
    },
  };
}

function sizeOf(wav: Buffer, text: string): number {
  return wav.byteLength + 2 * text.length;
}
