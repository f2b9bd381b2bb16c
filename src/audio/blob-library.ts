import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { StoreError } from '../errors.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { Blobs } from '../storage/blobs.ts';
import { removeListed } from '../storage/removal.ts';
import { type AudioStore, toStored } from './audio-store.ts';
import { readSound, type Sound, writeSound } from './sound-blob.ts';

/** What the library in blobs needs. */
export interface BlobLibraryOptions {
  /** The container of the audio, which holds nothing else. */
  readonly blobs: Blobs;
  /** Room in this process for what is likely to be asked for again, in bytes. */
  readonly cacheBytes: number;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/** Of a digest: 66 bits, for all sounds of a conversation to stand together. */
const CONVERSATION_CHARS = 11;
/** So soon a user does not mind a second try. */
const AT_ONCE_MS = 500;
const ID = /^[A-Za-z0-9_-]{33}$/;

/**
 * A library that all instances share: `<conversation>/<secret>`, and an id is both parts in one. `find` looks into the
 * store even for a sound that it still has, so that one which another instance has deleted ends at once; it makes do
 * with its own while the store does not answer. Its calls reject with a StoreError.
 */
export function createBlobLibrary(options: BlobLibraryOptions): AudioStore {
  const { blobs, cacheBytes, retentionMs, clock, ids, log } = options;
  const cache = new LRUCache<string, Sound>({
    maxSize: cacheBytes,
    sizeCalculation: ({ audio, wav }) => wav.byteLength + 2 * audio.text.length + 1,
  });
  const unexpired = (sound: Sound) => (clock.now() < sound.audio.expiresAtMs ? sound : undefined);

  async function isThere(id: string): Promise<boolean> {
    try {
      return (await blobs.describe(nameOf(id))) !== undefined;
    } catch (error) {
      if (error instanceof StoreError) return true;
      throw error;
    }
  }

  async function fetch(id: string): Promise<Sound | undefined> {
    const blob = await blobs.read(nameOf(id));
    if (blob === undefined || blob === 'unchanged') return undefined;
    const sound = readSound(blob);
    if (sound === undefined) log.error({ code: 'store_unreadable' }, 'a stored sound cannot be read');
    else cache.set(id, sound);
    return sound;
  }

  async function load(id: string): Promise<Sound | undefined> {
    if (!ID.test(id)) return undefined;
    const cached = cache.get(id);
    if (cached === undefined) {
      const sound = await fetch(id);
      return sound && unexpired(sound);
    }
    if (unexpired(cached) !== undefined && (await isThere(id))) return unexpired(cached);
    cache.delete(id);
    return undefined;
  }

  return {
    async save(sound) {
      const savedAtMs = clock.now();
      const id = conversationPart(sound.conversation) + ids.secret();
      const audio = toStored(sound, { id, linkKey: ids.secret() }, savedAtMs, retentionMs);
      const { body, metadata } = writeSound({ audio, wav: sound.wav });
      const write = () => blobs.write(nameOf(id), body, { metadata });
      // Once more where it failed at once: a connection may have died unnoticed, and done twice it is the same.
      await write().catch((error: unknown) => {
        if (clock.now() - savedAtMs > AT_ONCE_MS) throw error;
        return write();
      });
      cache.set(id, { audio, wav: sound.wav });
      return audio;
    },
    async find(id) {
      return (await load(id))?.audio;
    },
    async read(id, range) {
      const wav = (await load(id))?.wav;
      return range === undefined ? wav : wav?.subarray(range.start, range.end + 1);
    },
    async remove(id) {
      cache.delete(id);
      if (ID.test(id)) await blobs.delete(nameOf(id));
    },
    async forget(conversation) {
      const folder = conversationPart(conversation);
      for (const id of [...cache.keys()]) if (id.startsWith(folder)) cache.delete(id);
      await removeListed(blobs, `${folder}/`);
    },
  };
}

function conversationPart(conversation: string): string {
  return createHash('sha256').update(conversation).digest('base64url').slice(0, CONVERSATION_CHARS);
}

function nameOf(id: string): string {
  return `${id.slice(0, CONVERSATION_CHARS)}/${id.slice(CONVERSATION_CHARS)}`;
}
