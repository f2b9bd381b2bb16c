/** Samples in one window; a power of two. At 24 kHz 85 ms, and a line of the spectrum is 11.7 Hz wide. */
export const WINDOW = 2048;

const COSINES = Float64Array.from({ length: WINDOW / 2 }, (_, index) => Math.cos((2 * Math.PI * index) / WINDOW));
const SINES = Float64Array.from({ length: WINDOW / 2 }, (_, index) => -Math.sin((2 * Math.PI * index) / WINDOW));
/** Where each sample stands before the first round of the transform: its index with the bits reversed. */
const REVERSED = Uint16Array.from({ length: WINDOW }, (_, index) => reversed(index));
const HANN = hann(WINDOW);

// One transform runs at a time, from beginning to end, so all share its memory.
const real = new Float64Array(WINDOW);
const imaginary = new Float64Array(WINDOW);

/**
 * Adds the power of each line of the spectrum of up to two windows of samples to `powers` (half a window long). The
 * second goes through the transform as the imaginary part of the first: two real signals for the price of one.
 */
export function addPowers(samples: Float64Array, powers: Float64Array): void {
  load(samples.subarray(0, WINDOW), real);
  load(samples.subarray(WINDOW), imaginary);
  transform();
  for (let line = 1; line < powers.length; line++) {
    const power = powerAt(line) + powerAt(WINDOW - line);
    powers[line] = (powers[line] ?? 0) + power / 2;
  }
}

/** The place of the highest power from line `first` on, between the lines: where a parabola through three peaks. */
export function peakOf(powers: Float64Array, first: number): number {
  let peak = first;
  for (let line = first; line < powers.length - 1; line++) {
    if ((powers[line] ?? 0) > (powers[peak] ?? 0)) peak = line;
  }
  const [left, top, right] = [peak - 1, peak, peak + 1].map((line) => Math.log((powers[line] ?? 0) + Number.EPSILON));
  const [slope, bend] = [(left ?? 0) - (right ?? 0), (left ?? 0) - 2 * (top ?? 0) + (right ?? 0)];
  return bend < 0 ? peak + slope / (2 * bend) : peak;
}

/** Lays samples out for the transform, without their mean, faded at both ends so that these do not sound. */
function load(samples: Float64Array, into: Float64Array): void {
  into.fill(0);
  const fade = samples.length === WINDOW ? HANN : hann(samples.length);
  let sum = 0;
  for (let index = 0; index < samples.length; index++) sum += samples[index] ?? 0;
  const mean = sum / samples.length;
  for (let index = 0; index < samples.length; index++) {
    into[REVERSED[index] ?? 0] = ((samples[index] ?? 0) - mean) * (fade[index] ?? 0);
  }
}

/** The fast Fourier transform of Cooley and Tukey, radix 2, in place. */
function transform(): void {
  for (let half = 1; half < WINDOW; half *= 2) {
    const step = 2 * half;
    for (let turn = 0; turn < half; turn++) {
      const cosine = COSINES[(turn * WINDOW) / step] ?? 0;
      const sine = SINES[(turn * WINDOW) / step] ?? 0;
      for (let even = turn; even < WINDOW; even += step) {
        const odd = even + half;
        const oddReal = (real[odd] ?? 0) * cosine - (imaginary[odd] ?? 0) * sine;
        const oddImaginary = (real[odd] ?? 0) * sine + (imaginary[odd] ?? 0) * cosine;
        const evenReal = real[even] ?? 0;
        const evenImaginary = imaginary[even] ?? 0;
        real[even] = evenReal + oddReal;
        imaginary[even] = evenImaginary + oddImaginary;
        real[odd] = evenReal - oddReal;
        imaginary[odd] = evenImaginary - oddImaginary;
      }
    }
  }
}

function powerAt(line: number): number {
  return (real[line] ?? 0) ** 2 + (imaginary[line] ?? 0) ** 2;
}

function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => Math.sin((Math.PI * (index + 0.5)) / length) ** 2);
}

function reversed(index: number): number {
  let bits = 0;
  for (let bit = 1; bit < WINDOW; bit *= 2) bits = bits * 2 + (index & bit ? 1 : 0);
  return bits;
}
