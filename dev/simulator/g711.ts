import { fromALaw, fromMuLaw } from '../../src/audio/clip/g711.ts';
import type { AudioFormat } from './fields.ts';

/** PCM16 LE mono 24 kHz in the format that the client asked for; G.711 is one byte a sample at 8 kHz. */
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

/** The mean of each three samples is filter enough for a telephone. */
function encodeEach(pcm: Uint8Array, encode: (sample: number) => number): Uint8Array {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  return Uint8Array.from({ length: Math.floor(pcm.byteLength / 2 / SAMPLES_PER_BYTE) }, (_, index) => {
    const at = index * SAMPLES_PER_BYTE * 2;
    const sum = view.getInt16(at, true) + view.getInt16(at + 2, true) + view.getInt16(at + 4, true);
    return encode(Math.round(sum / SAMPLES_PER_BYTE));
  });
}

/** The samples of sound that a client sent, at the rate of its format. An odd last byte of PCM is left out. */
export function decodeAudio(audio: Uint8Array, { type }: AudioFormat): Int16Array {
  switch (type) {
    case 'audio/pcm':
      return decodePcm(audio);
    case 'audio/pcmu':
      return decodeEach(audio, MU_LAW);
    case 'audio/pcma':
      return decodeEach(audio, A_LAW);
  }
}

function decodePcm(audio: Uint8Array): Int16Array {
  const view = new DataView(audio.buffer, audio.byteOffset, audio.byteLength);
  const samples = new Int16Array(Math.floor(audio.byteLength / 2));
  for (let index = 0; index < samples.length; index++) samples[index] = view.getInt16(index * 2, true);
  return samples;
}

/** A loop, as `Int16Array.from` with a function is many times slower. */
function decodeEach(audio: Uint8Array, sampleOf: Int16Array): Int16Array {
  const samples = new Int16Array(audio.length);
  for (let index = 0; index < samples.length; index++) samples[index] = sampleOf[audio[index] ?? 0] ?? 0;
  return samples;
}

const BIAS = 0x84;
const CLIP = 32_635;

/** The byte of a 16 bit sample in ITU-T G.711 mu-law. */
export function toMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 24 - Math.clz32(magnitude);
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

/** The byte of a 16 bit sample in ITU-T G.711 A-law. */
export function toALaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(sample >= 0 ? sample : -sample - 1, 0x7fff);
  const exponent = Math.max(0, 24 - Math.clz32(magnitude));
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}

/** The sample of each byte. */
const MU_LAW = Int16Array.from({ length: 256 }, (_, code) => fromMuLaw(code));
const A_LAW = Int16Array.from({ length: 256 }, (_, code) => fromALaw(code));
