import { Writer } from 'wav';
import { BITS_PER_SAMPLE, CHANNELS, type Pcm, SAMPLE_RATE_HZ } from './pcm.ts';

/**
 * Encodes a canonical WAV: a header of 44 bytes with one `fmt ` and one `data` chunk, then the samples. wav 1.0.2 makes
 * the header when its stream ends. The samples bypass the stream, so that they are copied only once.
 */
export function encodeWav(pcm: Pcm): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const writer = new Writer({ sampleRate: SAMPLE_RATE_HZ, channels: CHANNELS, bitDepth: BITS_PER_SAMPLE });
    writer.bytesProcessed = pcm.byteLength;
    writer.on('error', reject);
    writer.on('header', (header: Buffer) => resolve(Buffer.concat([header, ...pcm.chunks])));
    writer.end();
  });
}

const HEADER_BYTES = 44;

/** Returns the samples in a WAV of `encodeWav`. */
export function samplesIn(wav: Uint8Array): Uint8Array {
  return wav.subarray(HEADER_BYTES);
}
