// 22,050 Hz to 24,000 Hz is 160 to 147: between each 147 samples in, 160 come out, each at one of 160 places
// ("phases") between two samples. Every phase has its own filter, a windowed sinc; they are computed once.
const UP = 160;
const DOWN = 147;
const TAPS = 32;
/** A little below half the input's rate, so that what mirrors above it is gone. */
const CUTOFF = 0.95;
const KAISER_BETA = 7;

/** The rate that espeak-ng speaks at. */
export const INPUT_RATE_HZ = 22_050;

let filters: readonly Float64Array[] | undefined;

/** 22,050 Hz to 24,000 Hz, mono. The result is 160/147 as long. */
export function resample(input: Int16Array): Int16Array<ArrayBuffer> {
  filters ??= Array.from({ length: UP }, (_, phase) => filterOf(phase / UP));
  const output = new Int16Array(Math.round((input.length * UP) / DOWN));
  for (let index = 0; index < output.length; index++) {
    const position = index * DOWN;
    const filter = filters[position % UP] ?? [];
    const first = Math.floor(position / UP) - TAPS / 2 + 1;
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++) sum += (filter[tap] ?? 0) * (input[first + tap] ?? 0);
    output[index] = Math.max(-0x8000, Math.min(0x7fff, Math.round(sum)));
  }
  return output;
}

/** The weights of the 32 samples around a place that lies `fraction` of a sample behind the 16th; together 1. */
function filterOf(fraction: number): Float64Array {
  const weights = Float64Array.from({ length: TAPS }, (_, tap) => {
    const distance = tap - (TAPS / 2 - 1) - fraction;
    return sinc(distance * CUTOFF) * kaiser(distance / (TAPS / 2));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The Kaiser window, from -1 to 1. */
function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - x * x)) / besselI0(KAISER_BETA);
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
