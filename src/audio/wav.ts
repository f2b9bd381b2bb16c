import { Writer } from 'wav';
import { BITS_PER_SAMPLE, CHANNELS, type Pcm, SAMPLE_RATE_HZ } from './pcm.ts';

/**
 * A canonical WAV (44 byte header, one `fmt ` and one `data` chunk) around the samples, which are copied once: they do not
 * go through the stream of wav 1.0.2, which is told their size, and makes the header when it ends.
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

/** The samples of a WAV that `encodeWav` made. */
export function samplesIn(wav: Uint8Array): Uint8Array {
  return wav.subarray(HEADER_BYTES);
}
