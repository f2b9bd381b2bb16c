import { Resampler } from '../../src/audio/clip/resampler.ts';

/** The sample rate of espeak-ng. */
export const INPUT_RATE_HZ = 22_050;

/** Converts mono 16-bit samples from 22,050 Hz to 24,000 Hz. The result is 160/147 as long. */
export function resample(input: Int16Array): Int16Array<ArrayBuffer> {
  const resampler = new Resampler(INPUT_RATE_HZ);
  const pieces = [resampler.push(Float32Array.from(input)), resampler.end()];
  const output = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let length = 0;
  for (const piece of pieces) {
    for (const sample of piece) output[length++] = Math.max(-0x8000, Math.min(0x7fff, Math.round(sample)));
  }
  return output;
}
