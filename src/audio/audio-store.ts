import type { LinkedAudio } from './signed-links.ts';

/** What is stored with the audio of a reply. */
interface AudioDetails {
  readonly durationMs: number;
  /** The transcript. */
  readonly text: string;
  /** The key of the conversation, whose members may fetch the audio. */
  readonly conversation: string;
  /** The locale of the user who was answered. */
  readonly locale: string | undefined;
}

/** Audio to be stored. */
export interface NewAudio extends AudioDetails {
  readonly wav: Buffer;
}

/** Stored audio, without the WAV itself. */
export interface StoredAudio extends AudioDetails, LinkedAudio {
  /** Of the WAV file, its header included. */
  readonly byteLength: number;
  readonly savedAtMs: number;
  /** The audio is not served from then on. */
  readonly expiresAtMs: number;
}

/** A range of bytes, both ends included, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Holds the audio of replies until it is fetched. Rejects with a StoreError when the store cannot be reached. */
export interface AudioStore {
  /** Stores audio and evicts the oldest to make room. `undefined`: larger than the whole store. */
  save(audio: NewAudio): Promise<StoredAudio | undefined>;
  /** `undefined`: unknown, expired or evicted. */
  find(id: string): Promise<StoredAudio | undefined>;
  /** The bytes of the WAV file, or a range of them; `undefined` as for `find`. */
  read(id: string, range?: ByteRange): Promise<Buffer | undefined>;
  /** Removes one audio, if it is there; its links end at once. */
  remove(id: string): Promise<void>;
  /** Removes all audio of a conversation; its links end at once. */
  forget(conversation: string): Promise<void>;
}

/** The details of audio that is saved now, under the id and key of its store. */
export function toStored(audio: NewAudio, names: LinkedAudio, savedAtMs: number, retentionMs: number): StoredAudio {
  const { wav, ...details } = audio;
  const { id, linkKey } = names;
  return { id, linkKey, ...details, byteLength: wav.byteLength, savedAtMs, expiresAtMs: savedAtMs + retentionMs };
}
