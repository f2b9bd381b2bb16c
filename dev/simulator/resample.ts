import { Resampler } from '../../src/audio/clip/resampler.ts';

/** The sample rate of espeak-ng. */
export const INPUT_RATE_HZ = 22_050;

/** Converts mono 16-bit samples from 22,050 Hz to 24,000 Hz. The result is 160/147 as long. */
export function resample(input: Int16Array): Int16Array<ArrayBuffer> {
  const resampler = new Resampler(INPUT_RATE_HZ);
  const parts = [resampler.push(Float32Array.from(input)), resampler.end()] as const;
  const output = new Int16Array(parts[0].length + parts[1].length);
  output.set(parts[0].map(toInt16));
  output.set(parts[1].map(toInt16), parts[0].length);
  return output;
}

function toInt16(sample: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, Math.round(sample)));
}
