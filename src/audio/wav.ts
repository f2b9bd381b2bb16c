import { Writer } from 'wav';
import { BITS_PER_SAMPLE, CHANNELS, type Pcm, SAMPLE_RATE_HZ } from './pcm.ts';

/**
 * A canonical WAV (44 byte header, one `fmt ` and one `data` chunk) around the samples, which are copied once.
 *
 * Quirks of wav 1.0.2: its first chunk is a header with a placeholder size; the right one comes with the `header`
 * event, after `end`. Past 64 kB it stands still unless somebody reads, so the listener is attached before writing.
 */
export function encodeWav(pcm: Pcm): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const writer = new Writer({ sampleRate: SAMPLE_RATE_HZ, channels: CHANNELS, bitDepth: BITS_PER_SAMPLE });
    const body: Buffer[] = [];
    writer.on('error', reject);
    writer.on('data', (chunk: Buffer) => body.push(chunk));
    writer.on('header', (header: Buffer) => resolve(Buffer.concat([header, ...body.slice(1)])));
    for (const chunk of pcm.chunks) writer.write(asBuffer(chunk));
    writer.end();
  });
}

const HEADER_BYTES = 44;

/** The samples of a WAV that `encodeWav` made. */
export function samplesIn(wav: Uint8Array): Uint8Array {
  return wav.subarray(HEADER_BYTES);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
