import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import type { LinkedAudio } from './links.ts';

/** A reply's sound, with what its player shows. */
export interface ReplySound {
  readonly wav: Buffer;
  readonly durationMs: number;
  /** What is said in it. */
  readonly text: string;
  /** The conversation whose people may ask for it; the key that names it across channels. */
  readonly conversation: string;
  /** The locale of the user who was answered. */
  readonly locale: string | undefined;
}

/** A reply's sound as it is kept. */
export interface StoredAudio extends ReplySound, LinkedAudio {
  readonly savedAtMs: number;
  /** From then on it is not served any more. */
  readonly expiresAtMs: number;
}

/** Where the audio of replies lives until it is fetched. */
export interface AudioLibrary {
  /** Keeps the sound; `undefined` when it is larger than all the room there is. */
  save(sound: ReplySound): Promise<StoredAudio | undefined>;
  /** `undefined` when unknown, too old, or pushed out by newer audio. */
  find(id: string): Promise<StoredAudio | undefined>;
  /** Removes one sound, if it is there; its links end at once. */
  remove(id: string): Promise<void>;
  /** Removes all sound of a conversation; its links end at once. */
  forget(conversation: string): Promise<void>;
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
  const stored = new LRUCache<string, StoredAudio>({ maxSize: maxBytes, sizeCalculation: byteLength });
  const isExpired = (audio: StoredAudio) => clock.now() >= audio.expiresAtMs;

  function removeExpired(): void {
    for (const id of stored.rkeys()) {
      const audio = stored.peek(id);
      if (audio !== undefined && !isExpired(audio)) return;
      stored.delete(id);
    }
  }

  return {
    async save(sound) {
      removeExpired();
      if (byteLength(sound) > maxBytes) return undefined;
      const savedAtMs = clock.now();
      const names = { id: ids.secret(), linkKey: ids.secret() };
      const audio = { ...sound, ...names, savedAtMs, expiresAtMs: savedAtMs + retentionMs };
      stored.set(audio.id, audio);
      return audio;
    },
    async find(id) {
      // `peek` does not count as use: what is oldest stays oldest, however often it is played.
      const audio = stored.peek(id);
      return audio === undefined || isExpired(audio) ? undefined : audio;
    },
    async remove(id) {
      stored.delete(id);
    },
    async forget(conversation) {
      for (const [id, audio] of [...stored.entries()]) if (audio.conversation === conversation) stored.delete(id);
    },
  };
}

function byteLength({ wav, text }: ReplySound): number {
  return wav.byteLength + 2 * text.length;
}
