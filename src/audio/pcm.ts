/** The rate of `audio/pcm` in the Realtime API: signed 16 bit little endian, one channel, 24 kHz. */
export const SAMPLE_RATE_HZ = 24_000;
export const CHANNELS = 1;
export const BITS_PER_SAMPLE = 16;
export const BYTES_PER_SAMPLE = BITS_PER_SAMPLE / 8;
export const BYTES_PER_SECOND = SAMPLE_RATE_HZ * CHANNELS * BYTES_PER_SAMPLE;

/** PCM audio in the chunks in which it arrived. They are joined only once, in the WAV. */
export interface Pcm {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
}

/** A chunk may end in the middle of a sample. An odd byte after the last chunk is dropped. */
export function toPcm(parts: readonly Uint8Array[]): Pcm {
  const chunks = parts.filter((part) => part.byteLength > 0);
  const byteLength = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const last = chunks.at(-1);
  if (last === undefined || byteLength % BYTES_PER_SAMPLE === 0) return { chunks, byteLength };
  return toPcm([...chunks.slice(0, -1), last.subarray(0, -1)]);
}

export function durationMs(pcmByteLength: number): number {
  return Math.round((pcmByteLength / BYTES_PER_SECOND) * 1000);
}
