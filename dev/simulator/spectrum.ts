/** Samples in one window; a power of two. At 24 kHz a window is 85 ms long and a bin of its spectrum 11.7 Hz wide. */
export const WINDOW = 2048;

const COSINES = Float64Array.from({ length: WINDOW / 2 }, (_, index) => Math.cos((2 * Math.PI * index) / WINDOW));
const SINES = Float64Array.from({ length: WINDOW / 2 }, (_, index) => -Math.sin((2 * Math.PI * index) / WINDOW));
/** The bit-reversed index of each sample: where the transform expects it. */
const REVERSED = Uint16Array.from({ length: WINDOW }, (_, index) => reversed(index));
const HANN = hann(WINDOW);

// Shared by all transforms: each runs synchronously from beginning to end.
const real = new Float64Array(WINDOW);
const imaginary = new Float64Array(WINDOW);

/**
 * Adds the power spectrum of up to two windows of samples to `powers` (half a window long). Both go through one complex
 * transform: the first as real part of its input, the second as imaginary part.
 */
export function addPowers(samples: Float64Array, powers: Float64Array): void {
  load(samples.subarray(0, WINDOW), real);
  load(samples.subarray(WINDOW), imaginary);
  transform();
  for (let bin = 1; bin < powers.length; bin++) {
    powers[bin] = (powers[bin] ?? 0) + (powerAt(bin) + powerAt(WINDOW - bin)) / 2;
  }
}

/** The position of the highest power from bin `first` on, interpolated by a parabola through it and its neighbours. */
export function peakOf(powers: Float64Array, first: number): number {
  let peak = first;
  for (let bin = first; bin < powers.length - 1; bin++) {
    if ((powers[bin] ?? 0) > (powers[peak] ?? 0)) peak = bin;
  }
  const logAt = (bin: number) => Math.log((powers[bin] ?? 0) + Number.EPSILON);
  const [left, top, right] = [logAt(peak - 1), logAt(peak), logAt(peak + 1)];
  const curvature = left - 2 * top + right;
  return curvature < 0 ? peak + (left - right) / (2 * curvature) : peak;
}

/** Copies samples into bit-reversed order, without their mean and faded at both ends by a Hann window. */
function load(samples: Float64Array, into: Float64Array): void {
  into.fill(0);
  const fade = samples.length === WINDOW ? HANN : hann(samples.length);
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  for (let index = 0; index < samples.length; index++) {
    into[REVERSED[index] ?? 0] = ((samples[index] ?? 0) - mean) * (fade[index] ?? 0);
  }
}

/** The fast Fourier transform of Cooley and Tukey, radix 2, in place. */
function transform(): void {
  for (let half = 1; half < WINDOW; half *= 2) {
    const step = 2 * half;
    for (let twiddle = 0; twiddle < half; twiddle++) {
      const cosine = COSINES[(twiddle * WINDOW) / step] ?? 0;
      const sine = SINES[(twiddle * WINDOW) / step] ?? 0;
      for (let even = twiddle; even < WINDOW; even += step) {
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

function powerAt(bin: number): number {
  return (real[bin] ?? 0) ** 2 + (imaginary[bin] ?? 0) ** 2;
}

function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => Math.sin((Math.PI * (index + 0.5)) / length) ** 2);
}

function reversed(index: number): number {
  let bits = 0;
  for (let bit = 1; bit < WINDOW; bit *= 2) bits = bits * 2 + (index & bit ? 1 : 0);
  return bits;
}
