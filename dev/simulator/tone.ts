import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '../../src/audio/pcm.ts';

const MS_PER_CHARACTER = 60;
const SHORTEST_MS = 250;
/** Five minutes (14 MB): more than any answer of a real model, which ends at 4,096 tokens. */
const LONGEST_MS = 300_000;
const PITCH_HZ = 330;
const LEVEL = 0.15 * 0x7fff;
/** Rise and fall, so that it neither clicks at its ends nor sounds like a fault. */
const FADE_MS = 40;

/** A soft tone whose length follows the text: PCM16 LE mono 24 kHz, the same bytes for the same length of text. */
export function tone(text: string): Uint8Array {
  const lengthMs = Math.min(Math.max(text.length * MS_PER_CHARACTER, SHORTEST_MS), LONGEST_MS);
  const samples = Math.round((lengthMs / 1000) * SAMPLE_RATE_HZ);
  const fade = (FADE_MS / 1000) * SAMPLE_RATE_HZ;
  const pcm = new DataView(new ArrayBuffer(samples * BYTES_PER_SAMPLE));
  for (let index = 0; index < samples; index++) {
    const envelope = Math.min(1, index / fade, (samples - 1 - index) / fade);
    const wave = Math.sin((2 * Math.PI * PITCH_HZ * index) / SAMPLE_RATE_HZ);
    pcm.setInt16(index * BYTES_PER_SAMPLE, Math.round(wave * envelope * LEVEL), true);
  }
  return new Uint8Array(pcm.buffer);
}
