import { SAMPLE_RATE_HZ } from '../pcm.ts';
import { sincFilter } from '../sinc-filter.ts';

// 24,000 Hz from any rate: between each `down` samples in, `up` come out, each at one of `up` places ("phases") between
// two samples. Every phase has its own filter, a windowed sinc that lets through what both rates can hold.

/** Half the width of a filter, in samples of the slower rate. */
const HALF_WIDTH = 20;
/** Of half the slower rate. Above it the filter lets nothing through that would be heard at another pitch. */
const CUTOFF_DOWN = 0.93;
/** Nothing can fold when the rate goes up: only mirrors of the highest tones have to be gone. */
const CUTOFF_UP = 0.98;
/** 72 dB. */
const KAISER_BETA = 7;
/** Rates that have little in common with 24,000 have more phases than this: theirs lie between two that are kept. */
const MAX_PHASES = 512;

/** A stream of samples of one rate, piece by piece, as samples of 24 kHz. */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  /** Taps on either side of a place. */
  readonly #half: number;
  readonly #filters: readonly Float32Array[];
  /** What has come and is still needed; silence before the first sample. */
  #samples: Float32Array;
  #count: number;
  /** The next place: behind this sample by `#phase / #up` of the distance to the next. */
  #base: number;
  #phase = 0;

  /** A whole number of Hz. */
  constructor(rateHz: number) {
    const common = greatestCommonDivisor(rateHz, SAMPLE_RATE_HZ);
    this.#up = SAMPLE_RATE_HZ / common;
    this.#down = rateHz / common;
    this.#half = Math.ceil(HALF_WIDTH * Math.max(1, rateHz / SAMPLE_RATE_HZ));
    const phases = Math.min(this.#up, MAX_PHASES);
    const cutoff = rateHz > SAMPLE_RATE_HZ ? (CUTOFF_DOWN * SAMPLE_RATE_HZ) / rateHz : CUTOFF_UP;
    const filter = { half: this.#half, cutoff, beta: KAISER_BETA };
    const isSame = this.#up === this.#down;
    this.#filters = isSame ? [] : Array.from({ length: phases + 1 }, (_, phase) => sincFilter(phase / phases, filter));
    this.#count = this.#half - 1;
    this.#base = this.#count;
    this.#samples = new Float32Array(2 * this.#half);
  }

  /** What can be said once these have come. The pieces of a stream follow each other without a seam. */
  push(input: Float32Array): Float32Array {
    if (this.#filters.length === 0) return input;
    this.#keep(input);
    const ready = Math.max(0, this.#count - this.#half - this.#base);
    const output = new Float32Array(Math.ceil((ready * this.#up) / this.#down) + 1);
    let length = 0;
    while (this.#base + this.#half < this.#count) {
      output[length++] = this.#here();
      this.#phase += this.#down;
      this.#base += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    this.#drop();
    return output.subarray(0, length);
  }

  /** The rest, with silence behind the last sample. */
  end(): Float32Array {
    return this.#filters.length === 0 ? new Float32Array() : this.push(new Float32Array(this.#half));
  }

  #here(): number {
    const phases = this.#filters.length - 1;
    const place = (this.#phase / this.#up) * phases;
    const index = this.#up === phases ? this.#phase : Math.floor(place);
    const sum = this.#filtered(index);
    return this.#up === phases ? sum : sum + (place - index) * (this.#filtered(index + 1) - sum);
  }

  #filtered(phase: number): number {
    const filter = this.#filters[phase] as Float32Array;
    const samples = this.#samples;
    const first = this.#base - this.#half + 1;
    let sum = 0;
    for (let tap = 0; tap < filter.length; tap++) sum += (filter[tap] as number) * (samples[first + tap] as number);
    return sum;
  }

  #keep(input: Float32Array): void {
    const needed = this.#count + input.length;
    if (needed > this.#samples.length) {
      const larger = new Float32Array(needed);
      larger.set(this.#samples.subarray(0, this.#count));
      this.#samples = larger;
    }
    this.#samples.set(input, this.#count);
    this.#count = needed;
  }

  #drop(): void {
    const unneeded = this.#base - this.#half + 1;
    this.#samples.copyWithin(0, unneeded, this.#count);
    this.#count -= unneeded;
    this.#base -= unneeded;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
