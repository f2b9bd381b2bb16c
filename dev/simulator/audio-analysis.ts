import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '../../src/audio/pcm.ts';
import { audioMs } from './fields.ts';
import type { ClipDescription } from './input-description.ts';
import { addPowers, peakOf, WINDOW } from './spectrum.ts';

/** Below this level, in dB of full scale, audio is silence: the noise of a good microphone in a quiet room. */
const SILENCE_DB = -60;
/** The quantization step of 16 bits. */
const MIN_DB = -96;
/** Frequencies below are ignored: they are rumble. Mains hum is above, and counts as a tone. */
const MIN_HZ = 40;
const FULL_SCALE = 0x8000;

/**
 * Finds length, level and loudest tone of one clip as its bytes arrive. Holds at most two windows of samples (32 KiB)
 * and one spectrum (8 KiB), however long the clip is. The result does not depend on how the bytes are chunked.
 */
export class AudioAnalysis {
  readonly #samples = new Float64Array(2 * WINDOW);
  readonly #powers = new Float64Array(WINDOW / 2);
  #bufferedCount = 0;
  #bytes = 0;
  #count = 0;
  #sum = 0;
  #squares = 0;

  get durationMs(): number {
    return audioMs(this.#bytes);
  }

  /** `audio` has whole samples, PCM16 LE mono 24 kHz. */
  add(audio: Uint8Array): void {
    this.#bytes += audio.byteLength;
    const view = new DataView(audio.buffer, audio.byteOffset, audio.byteLength);
    const samples = this.#samples;
    for (let at = 0; at < audio.byteLength; at += BYTES_PER_SAMPLE) {
      samples[this.#bufferedCount++] = view.getInt16(at, true);
      if (this.#bufferedCount === samples.length) this.#analyze();
    }
  }

  finish(): ClipDescription {
    if (this.#bufferedCount > 0) this.#analyze();
    const levelDb = this.#levelDb();
    return {
      durationMs: Math.round(this.durationMs),
      loudestHz: levelDb < SILENCE_DB ? undefined : toTenth(this.#loudestHz()),
      levelDb: toTenth(levelDb),
    };
  }

  #analyze(): void {
    const samples = this.#samples.subarray(0, this.#bufferedCount);
    for (const sample of samples) {
      this.#sum += sample;
      this.#squares += sample * sample;
    }
    this.#count += samples.length;
    addPowers(samples, this.#powers);
    this.#bufferedCount = 0;
  }

  #loudestHz(): number {
    const binHz = SAMPLE_RATE_HZ / WINDOW;
    return peakOf(this.#powers, Math.ceil(MIN_HZ / binHz)) * binHz;
  }

  /** The variance, so that a constant offset is silent. */
  #levelDb(): number {
    const variance = this.#squares / this.#count - (this.#sum / this.#count) ** 2;
    return Math.max(MIN_DB, 10 * Math.log10(variance / FULL_SCALE ** 2) || MIN_DB);
  }
}

function toTenth(value: number): number {
  return Math.round(value * 10) / 10;
}
