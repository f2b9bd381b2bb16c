import type { LinkSecret } from './signed-links.ts';

interface AudioDetails {
  readonly durationMs: number;
  /** The transcript of the audio. */
  readonly text: string;
  /** The key of the conversation, whose members may fetch the audio. */
  readonly conversation: string;
  /** The locale of the user who was answered. */
  readonly locale: string | undefined;
}

export interface NewAudio extends AudioDetails {
  readonly wav: Buffer;
}

/** Stored audio, without the WAV itself. */
export interface StoredAudio extends AudioDetails, LinkSecret {
  /** The size of the WAV file, including its header. */
  readonly byteLength: number;
  readonly savedAtMs: number;
  /** The audio is not served after this time. */
  readonly expiresAtMs: number;
}

/** An inclusive range of bytes, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Holds the audio of replies until it is fetched. Rejects with a StoreError when the store cannot be reached. */
export interface AudioStore {
  /**
   * Stores audio and evicts the oldest to make room. Resolves with `undefined` if it is larger than the whole store.
   */
  save(audio: NewAudio): Promise<StoredAudio | undefined>;
  /** Resolves with `undefined` if the audio is unknown, expired or evicted. */
  find(id: string): Promise<StoredAudio | undefined>;
  /** Reads the WAV file, or a range of it; `undefined` as for `find`. */
  read(id: string, range?: ByteRange): Promise<Buffer | undefined>;
  /** Removes one audio. Its links stop working at once. */
  remove(id: string): Promise<void>;
  /** Removes all audio of a conversation. Its links stop working at once. */
  forget(conversation: string): Promise<void>;
}

/** Returns the details of audio that is saved now, with the secret of its links. */
export function toStored(audio: NewAudio, secret: LinkSecret, savedAtMs: number, retentionMs: number): StoredAudio {
  const { wav, ...details } = audio;
  const { id, linkKey } = secret;
  return { id, linkKey, ...details, byteLength: wav.byteLength, savedAtMs, expiresAtMs: savedAtMs + retentionMs };
}
