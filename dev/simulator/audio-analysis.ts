import { type AudioFormat, audioMs, sampleRateHz } from './fields.ts';
import { decodeAudio } from './g711.ts';
import type { ClipDescription } from './input-description.ts';
import { addPowers, peakOf, WINDOW } from './spectrum.ts';

/** What is quieter, in dB of full scale, is silence: the noise of a good microphone in a quiet room. */
const SILENCE_DB = -60;
/** No sample differs from the next: the least that 16 bits can tell. */
const NOTHING_DB = -96;
/** Below is what a microphone's current leaves; nothing that is sung or spoken. */
const LOWEST_HZ = 40;
const FULL_SCALE = 0x8000;

/**
 * Listens to one clip, piece by piece, and keeps none of it: at most two windows of samples (32 KiB) and one spectrum
 * (8 KiB), however long the clip is. The same bytes are always heard in the same way, whatever pieces they come in.
 */
export class AudioAnalysis {
  readonly format: AudioFormat;
  readonly #samples = new Float64Array(2 * WINDOW);
  readonly #powers = new Float64Array(WINDOW / 2);
  #waiting = 0;
  #bytes = 0;
  #count = 0;
  #sum = 0;
  #squares = 0;

  constructor(format: AudioFormat) {
    this.format = format;
  }

  get durationMs(): number {
    return audioMs(this.#bytes, this.format);
  }

  /** Whole samples in the ear's format. */
  add(audio: Uint8Array): void {
    this.#bytes += audio.byteLength;
    const samples = decodeAudio(audio, this.format);
    for (let at = 0; at < samples.length; ) {
      const piece = samples.subarray(at, at + this.#samples.length - this.#waiting);
      this.#samples.set(piece, this.#waiting);
      this.#waiting += piece.length;
      at += piece.length;
      if (this.#waiting === this.#samples.length) this.#listen();
    }
  }

  /** What was heard of the clip, once all of it was. */
  finish(): ClipDescription {
    if (this.#waiting > 0) this.#listen();
    const levelDb = this.#levelDb();
    return {
      durationMs: Math.round(this.durationMs),
      loudestHz: levelDb < SILENCE_DB ? undefined : toTenth(this.#loudestHz()),
      levelDb: toTenth(levelDb),
    };
  }

  #listen(): void {
    const samples = this.#samples.subarray(0, this.#waiting);
    let sum = 0;
    let squares = 0;
    for (let index = 0; index < samples.length; index++) {
      const sample = samples[index] ?? 0;
      sum += sample;
      squares += sample * sample;
    }
    this.#count += samples.length;
    this.#sum += sum;
    this.#squares += squares;
    addPowers(samples, this.#powers);
    this.#waiting = 0;
  }

  #loudestHz(): number {
    const lineHz = sampleRateHz(this.format) / WINDOW;
    return peakOf(this.#powers, Math.ceil(LOWEST_HZ / lineHz)) * lineHz;
  }

  /** Around the mean: a constant is not heard, however large. */
  #levelDb(): number {
    const variance = this.#squares / this.#count - (this.#sum / this.#count) ** 2;
    return Math.max(NOTHING_DB, 10 * Math.log10(variance / FULL_SCALE ** 2) || NOTHING_DB);
  }
}

function toTenth(value: number): number {
  return Math.round(value * 10) / 10;
}
