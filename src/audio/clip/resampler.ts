import { SAMPLE_RATE_HZ } from '../pcm.ts';

// Converts any rate to 24,000 Hz: `down` input samples give `up` output samples, each at one of `up` places ("phases")
// between two input samples. Every phase has its own filter, a windowed sinc that passes frequencies that both rates
// hold.

/** Half the width of a filter, in samples of the slower rate. */
const HALF_WIDTH = 20;
/** The share of half the slower rate that passes: frequencies above that half would alias. */
const CUTOFF_DOWN = 0.93;
/** Upsampling cannot alias: only the images of the highest tones have to be removed. */
const CUTOFF_UP = 0.98;
/** Gives an attenuation of 72 dB. */
const KAISER_BETA = 7;
/**
 * Rates with a small common divisor with 24,000 would need more phases. They use the nearest of 2,048: -70 dB of noise.
 */
const MAX_PHASES = 2_048;

/** Converts a stream of samples of one rate to 24 kHz, chunk by chunk, without seams between chunks. */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  /** The number of taps on either side of a place. */
  readonly #half: number;
  /** Empty if the rate is already 24 kHz. */
  readonly #filters: readonly Float32Array[];
  /** The input that is still needed, after silence before the first sample. */
  #samples: Float32Array;
  #count: number;
  /** The position of the next output, in units of `1 / up` samples. */
  #position: number;

  /** `rateHz` is a whole number. */
  constructor(rateHz: number) {
    const divisor = greatestCommonDivisor(rateHz, SAMPLE_RATE_HZ);
    this.#up = SAMPLE_RATE_HZ / divisor;
    this.#down = rateHz / divisor;
    const half = Math.ceil(HALF_WIDTH * Math.max(1, rateHz / SAMPLE_RATE_HZ));
    const cutoff = rateHz > SAMPLE_RATE_HZ ? (CUTOFF_DOWN * SAMPLE_RATE_HZ) / rateHz : CUTOFF_UP;
    const phases = Math.min(this.#up, MAX_PHASES);
    const isSame = this.#up === this.#down;
    this.#filters = isSame ? [] : Array.from({ length: phases + 1 }, (_, at) => sincFilter(at / phases, half, cutoff));
    this.#half = half;
    this.#count = half - 1;
    this.#position = this.#count * this.#up;
    this.#samples = new Float32Array(2 * half);
  }

  /** Returns the output up to these samples, or `input` itself at 24 kHz. */
  push(input: Float32Array): Float32Array {
    if (this.#filters.length === 0) return input;
    this.#append(input);
    const readyTo = (this.#count - this.#half) * this.#up;
    const output = new Float32Array(Math.max(0, Math.ceil((readyTo - this.#position) / this.#down)));
    for (let index = 0; index < output.length; index++) {
      output[index] = this.#filtered();
      this.#position += this.#down;
    }
    this.#dropUsed();
    return output;
  }

  /** Returns the rest of the output, with silence after the last sample. */
  end(): Float32Array {
    return this.#filters.length === 0 ? new Float32Array() : this.push(new Float32Array(this.#half));
  }

  #filtered(): number {
    const phases = this.#filters.length - 1;
    const filter = this.#filters[Math.round(((this.#position % this.#up) / this.#up) * phases)] as Float32Array;
    const samples = this.#samples;
    const first = Math.floor(this.#position / this.#up) - this.#half + 1;
    let sum = 0;
    for (let tap = 0; tap < filter.length; tap++) sum += (filter[tap] as number) * (samples[first + tap] as number);
    return sum;
  }

  #append(input: Float32Array): void {
    const count = this.#count + input.length;
    if (count > this.#samples.length) {
      const larger = new Float32Array(count);
      larger.set(this.#samples.subarray(0, this.#count));
      this.#samples = larger;
    }
    this.#samples.set(input, this.#count);
    this.#count = count;
  }

  #dropUsed(): void {
    const usedCount = Math.floor(this.#position / this.#up) - this.#half + 1;
    this.#samples.copyWithin(0, usedCount, this.#count);
    this.#count -= usedCount;
    this.#position -= usedCount * this.#up;
  }
}

/** The weights of the samples around a place that is `fraction` of a sample after the middle one; their sum is 1. */
function sincFilter(fraction: number, half: number, cutoff: number): Float32Array {
  const weights = new Float64Array(2 * half);
  let total = 0;
  for (let tap = 0; tap < weights.length; tap++) {
    const distance = tap - (half - 1) - fraction;
    const weight = sinc(distance * cutoff) * kaiser(distance / half);
    weights[tap] = weight;
    total += weight;
  }
  return new Float32Array(weights.map((weight) => weight / total));
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The Kaiser window, from -1 to 1, not normalized. */
function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - x * x));
}

function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
