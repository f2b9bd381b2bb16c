import { fromALaw, fromMuLaw } from '../../src/audio/clip/g711.ts';
import type { AudioFormat } from './fields.ts';

/** Converts PCM16 LE mono 24 kHz to the client's format. G.711 has one byte a sample at 8 kHz. */
export function encodeAudio(pcm: Uint8Array, { type }: AudioFormat): Uint8Array {
  switch (type) {
    case 'audio/pcm':
      return pcm;
    case 'audio/pcmu':
      return encodeEach(pcm, toMuLaw);
    case 'audio/pcma':
      return encodeEach(pcm, toALaw);
  }
}

const SAMPLES_PER_BYTE = 3;

/** Averages three samples into one: filter enough for a telephone. */
function encodeEach(pcm: Uint8Array, encode: (sample: number) => number): Uint8Array {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  return Uint8Array.from({ length: Math.floor(pcm.byteLength / 2 / SAMPLES_PER_BYTE) }, (_, index) => {
    const at = index * SAMPLES_PER_BYTE * 2;
    const sum = view.getInt16(at, true) + view.getInt16(at + 2, true) + view.getInt16(at + 4, true);
    return encode(Math.round(sum / SAMPLES_PER_BYTE));
  });
}

/** Decodes a client's audio to samples at the rate of its format. Ignores an odd last byte of PCM. */
export function decodeAudio(audio: Uint8Array, { type }: AudioFormat): Int16Array {
  const view = new DataView(audio.buffer, audio.byteOffset, audio.byteLength);
  const samples = new Int16Array(type === 'audio/pcm' ? Math.floor(audio.length / 2) : audio.length);
  const table = type === 'audio/pcmu' ? MU_LAW : A_LAW;
  // A loop: `Int16Array.from` with a function is many times slower.
  for (let index = 0; index < samples.length; index++) {
    samples[index] = type === 'audio/pcm' ? view.getInt16(index * 2, true) : (table[audio[index] ?? 0] ?? 0);
  }
  return samples;
}

const FULL_SCALE = 0x8000;
/** The sample of each code. */
const MU_LAW = Int16Array.from({ length: 256 }, (_, code) => fromMuLaw(code) * FULL_SCALE);
const A_LAW = Int16Array.from({ length: 256 }, (_, code) => fromALaw(code) * FULL_SCALE);

const BIAS = 0x84;
const CLIP = 32_635;

/** ITU-T G.711 mu-law. */
function toMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 24 - Math.clz32(magnitude);
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

/** ITU-T G.711 A-law. */
function toALaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(sample >= 0 ? sample : -sample - 1, 0x7fff);
  const exponent = Math.max(0, 24 - Math.clz32(magnitude));
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}
