import { sincFilter } from '../../src/audio/sinc-filter.ts';

// 22,050 Hz to 24,000 Hz is 160 to 147: between each 147 samples in, 160 come out, each at one of 160 places
// ("phases") between two samples. Every phase has its own filter, a windowed sinc; they are computed once.
const UP = 160;
const DOWN = 147;
const TAPS = 32;
/** A little below half the input's rate, so that what mirrors above it is gone. */
const FILTER = { half: TAPS / 2, cutoff: 0.95, beta: 7 };

/** The rate that espeak-ng speaks at. */
export const INPUT_RATE_HZ = 22_050;

let filters: readonly Float32Array[] | undefined;

/** 22,050 Hz to 24,000 Hz, mono. The result is 160/147 as long. */
export function resample(input: Int16Array): Int16Array<ArrayBuffer> {
  filters ??= Array.from({ length: UP }, (_, phase) => sincFilter(phase / UP, FILTER));
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
