import { AudioAnalysis } from './audio-analysis.ts';
import { audioIn } from './audio-field.ts';
import type { WireEvent } from './events.ts';
import { type AudioFormat, audioMs } from './fields.ts';
import type { ClipDescription } from './input-description.ts';
import { invalidValue, Rejection, stringTooLong } from './wire-errors.ts';

/** What the service takes in one `input_audio_buffer.append`: 15 MiB of base64. */
const MAX_APPEND_CHARS = 15 * 1024 * 1024;
/** What the service calls too little to commit. */
const MIN_COMMIT_MS = 100;
/** As long as a session was seen to live on Azure; what the service itself takes is not published. */
const MAX_BUFFERED_MS = 30 * 60_000;

/** Sound that a client sends piece by piece. It is listened to as it arrives, and not kept (see ear.ts). */
export class InputAudioBuffer {
  #ear: AudioAnalysis | undefined;

  /** `format` is that of the session now; what is in the buffer already stays in the format that it came in. */
  append(event: WireEvent, format: AudioFormat): void {
    const { audio } = event;
    if (typeof audio === 'string' && audio.length > MAX_APPEND_CHARS) {
      throw stringTooLong('audio', MAX_APPEND_CHARS, audio.length);
    }
    const ear = this.#ear ?? new AudioAnalysis(format);
    const bytes = audioIn(event, 'audio', '', ear.format);
    if (ear.durationMs + audioMs(bytes.byteLength, ear.format) > MAX_BUFFERED_MS) {
      const message = `Error appending to input audio buffer: buffer too large. Expected at most ${MAX_BUFFERED_MS}ms of audio; commit or clear it.`;
      throw invalidValue('audio', message);
    }
    ear.add(bytes);
    this.#ear = ear;
  }

  clear(): void {
    this.#ear = undefined;
  }

  /** Takes all of it out, as one clip. */
  commit(): ClipDescription {
    const durationMs = this.#ear?.durationMs ?? 0;
    if (this.#ear === undefined || durationMs < MIN_COMMIT_MS) {
      const message = `Error committing input audio buffer: buffer too small. Expected at least ${MIN_COMMIT_MS}ms of audio, but buffer only has ${durationMs.toFixed(2)}ms of audio.`;
      throw new Rejection(message, { code: 'input_audio_buffer_commit_empty' });
    }
    const clip = this.#ear.finish();
    this.clear();
    return clip;
  }
}
