import { base64Bytes, requiredString } from './checks.ts';
import type { WireEvent } from './events.ts';
import { type AudioFormat, audioMs } from './fields.ts';
import { Rejection, stringTooLong } from './wire-errors.ts';

/** What the service takes in one `input_audio_buffer.append`: 15 MiB of base64. */
const MAX_APPEND_CHARS = 15 * 1024 * 1024;
/** What the service calls too little to commit. */
const MIN_COMMIT_MS = 100;

/** Sound that a client sends piece by piece. It is counted, not kept: nobody here listens. */
export class InputAudioBuffer {
  #bytes = 0;

  append(event: WireEvent): void {
    const audio = requiredString(event, 'audio', '');
    if (audio.length > MAX_APPEND_CHARS) throw stringTooLong('audio', MAX_APPEND_CHARS, audio.length);
    this.#bytes += base64Bytes(audio, 'audio');
  }

  clear(): void {
    this.#bytes = 0;
  }

  /** Takes all of it out and returns its length in milliseconds. */
  commit(format: AudioFormat): number {
    const durationMs = audioMs(this.#bytes, format);
    if (durationMs < MIN_COMMIT_MS) {
      const message = `Error committing input audio buffer: buffer too small. Expected at least ${MIN_COMMIT_MS}ms of audio, but buffer only has ${durationMs.toFixed(2)}ms of audio.`;
      throw new Rejection(message, { code: 'input_audio_buffer_commit_empty' });
    }
    this.clear();
    return durationMs;
  }
}
