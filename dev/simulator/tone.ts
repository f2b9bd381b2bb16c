import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '../../src/audio/pcm.ts';

const MS_PER_CHARACTER = 60;
const MIN_MS = 250;
/** Five minutes (14 MB), more than the 4,096 tokens of a real model. */
const MAX_MS = 300_000;
const PITCH_HZ = 330;
const LEVEL = 0.15 * 0x7fff;
/** Fades in and out, so that the ends do not click. */
const FADE_MS = 40;

/** Eleven whole waves. */
const PERIOD_SAMPLES = 800;
/** Repeated, since computing each sample of a long answer is slow. */
const PERIOD = periodBytes();

/** A soft tone whose length follows the length of the text: PCM16 LE mono 24 kHz, deterministic. */
export function tone(text: string): Uint8Array {
  const lengthMs = Math.min(Math.max(text.length * MS_PER_CHARACTER, MIN_MS), MAX_MS);
  const samples = Math.round((lengthMs / 1000) * SAMPLE_RATE_HZ);
  const fade = (FADE_MS / 1000) * SAMPLE_RATE_HZ;
  const bytes = new Uint8Array(samples * BYTES_PER_SAMPLE);
  for (let filled = 0; filled < bytes.length; filled += PERIOD.length) {
    bytes.set(PERIOD.subarray(0, bytes.length - filled), filled);
  }
  const pcm = new DataView(bytes.buffer);
  for (let index = 0; index < fade; index++) {
    for (const at of [index, samples - 1 - index]) pcm.setInt16(at * BYTES_PER_SAMPLE, sample(at, index / fade), true);
  }
  return bytes;
}

function sample(index: number, envelope = 1): number {
  return Math.round(Math.sin((2 * Math.PI * PITCH_HZ * index) / SAMPLE_RATE_HZ) * envelope * LEVEL);
}

function periodBytes(): Uint8Array {
  const pcm = new DataView(new ArrayBuffer(PERIOD_SAMPLES * BYTES_PER_SAMPLE));
  for (let index = 0; index < PERIOD_SAMPLES; index++) pcm.setInt16(index * BYTES_PER_SAMPLE, sample(index), true);
  return new Uint8Array(pcm.buffer);
}
