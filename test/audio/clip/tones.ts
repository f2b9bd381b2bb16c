import { readFileSync } from 'node:fs';

/** Samples of tones together, from -1 to 1; each is `[Hz, amplitude]`. */
export function tones(rateHz: number, seconds: number, ...parts: readonly (readonly [number, number])[]): Float64Array {
  const turn = (2 * Math.PI) / rateHz;
  // Plain loops, here and below: iterators are ten times as slow.
  const samples = new Float64Array(Math.round(rateHz * seconds));
  for (const [hz, amplitude] of parts) {
    for (let at = 0; at < samples.length; at++) samples[at] = (samples[at] ?? 0) + amplitude * Math.sin(turn * hz * at);
  }
  return samples;
}

/** The amplitude of a tone in PCM of 24 kHz, of 1; its first and last 50 ms are left out, where filters settle. */
export function amplitudeAt(hz: number, pcm: Uint8Array): number {
  const samples = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength / 2).subarray(1_200, -1_200);
  let real = 0;
  let imaginary = 0;
  let weights = 0;
  for (let at = 0; at < samples.length; at++) {
    const sample = samples[at] ?? 0;
    // A window, so that other tones do not count.
    const weight = 1 - Math.cos((2 * Math.PI * (at + 0.5)) / samples.length);
    const angle = (2 * Math.PI * hz * at) / 24_000;
    real += weight * sample * Math.cos(angle);
    imaginary += weight * sample * Math.sin(angle);
    weights += weight;
  }
  return (2 * Math.hypot(real, imaginary)) / weights / 0x8000;
}

export const decibels = (ratio: number): number => 20 * Math.log10(ratio);

/** One of the files in test/audio/clips. */
export function clipFile(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../clips/${name}`, import.meta.url)));
}
