import type { LinkedAudio } from './signed-links.ts';

/** A reply's sound, with what its player shows. */
export interface ReplyAudio {
  readonly wav: Buffer;
  readonly durationMs: number;
  /** What is said in it. */
  readonly text: string;
  /** The conversation whose people may ask for it; the key that names it across channels. */
  readonly conversation: string;
  /** The locale of the user who was answered. */
  readonly locale: string | undefined;
}

/** What is known of a stored sound, without the sound itself. */
export interface StoredAudio extends Omit<ReplyAudio, 'wav'>, LinkedAudio {
  /** Of the WAV file, its header included. */
  readonly byteLength: number;
  readonly savedAtMs: number;
  /** From then on it is not served any more. */
  readonly expiresAtMs: number;
}

/** A range of bytes, both ends included, as HTTP counts them. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Where the audio of replies lives until it is fetched. Rejects with a StoreError when the store cannot be reached. */
export interface AudioStore {
  /** Stores a sound; the oldest leave when there is no room. `undefined` when it is larger than all the room there is. */
  save(sound: ReplyAudio): Promise<StoredAudio | undefined>;
  /** `undefined` when unknown, expired, or pushed out by newer audio. Loads no sound. */
  find(id: string): Promise<StoredAudio | undefined>;
  /** The bytes of the WAV file, or a range of them; `undefined` as for `find`. */
  read(id: string, range?: ByteRange): Promise<Buffer | undefined>;
  /** Removes one sound, if it is there; its links end at once. */
  remove(id: string): Promise<void>;
  /** Removes all sound of a conversation; its links end at once. */
  forget(conversation: string): Promise<void>;
}

/** What is known of a sound that is saved now, under the names that its store gives it. */
export function toStored(sound: ReplyAudio, names: LinkedAudio, savedAtMs: number, retentionMs: number): StoredAudio {
  const { wav, durationMs, text, conversation, locale } = sound;
  const { id, linkKey } = names;
  const expiresAtMs = savedAtMs + retentionMs;
  return { id, linkKey, durationMs, text, conversation, locale, byteLength: wav.byteLength, savedAtMs, expiresAtMs };
}
