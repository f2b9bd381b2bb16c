import { AudioAnalysis } from './audio-analysis.ts';
import { audioIn } from './audio-field.ts';
import type { WireEvent } from './events.ts';
import type { ClipDescription } from './input-description.ts';
import { Rejection, stringTooLong } from './wire-errors.ts';

/** The service accepts 15 MiB of base64 in one `input_audio_buffer.append`. */
const MAX_APPEND_CHARS = 15 * 1024 * 1024;
/** The service refuses to commit less. */
const MIN_COMMIT_MS = 100;
/** The input audio buffer. Audio is analyzed as it arrives, and not stored. */
export class InputAudioBuffer {
  #analysis: AudioAnalysis | undefined;

  append(event: WireEvent): void {
    const { audio } = event;
    if (typeof audio === 'string' && audio.length > MAX_APPEND_CHARS) {
      throw stringTooLong('audio', MAX_APPEND_CHARS, audio.length);
    }
    const analysis = this.#analysis ?? new AudioAnalysis();
    analysis.add(audioIn(event, 'audio', ''));
    this.#analysis = analysis;
  }

  clear(): void {
    this.#analysis = undefined;
  }

  /** Empties the buffer into one clip. */
  commit(): ClipDescription {
    const durationMs = this.#analysis?.durationMs ?? 0;
    if (this.#analysis === undefined || durationMs < MIN_COMMIT_MS) {
      const message = `Error committing input audio buffer: buffer too small. Expected at least ${MIN_COMMIT_MS}ms of audio, but buffer only has ${durationMs.toFixed(2)}ms of audio.`;
      throw new Rejection(message, { code: 'input_audio_buffer_commit_empty' });
    }
    const clip = this.#analysis.finish();
    this.clear();
    return clip;
  }
}
