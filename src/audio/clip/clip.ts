import { AttachmentError } from '../../errors.ts';
import { SAMPLE_RATE_HZ } from '../pcm.ts';
import { type AudioFormat, detectAudioFormat } from './audio-format.ts';

/** Audio that a user sent, as the Realtime API accepts it. */
export interface Clip {
  /** Signed 16 bit little endian, one channel, 24 kHz; never empty. */
  readonly pcm: Uint8Array<ArrayBuffer>;
  readonly durationMs: number;
  /** The format of the file. */
  readonly format: AudioFormat;
}

export const MAX_CLIP_BYTES = 15 * 1024 * 1024;
export const MAX_CLIP_SECONDS = 180;
/** Encoders add a little to the recording. */
const GRACE_SECONDS = 1;
/** The limit in samples at 24 kHz. */
export const MAX_CLIP_SAMPLES = (MAX_CLIP_SECONDS + GRACE_SECONDS) * SAMPLE_RATE_HZ;

/** Throws an AttachmentError: `too_large` or `kind_unknown`. */
export function formatOf(bytes: Uint8Array): AudioFormat {
  if (bytes.byteLength > MAX_CLIP_BYTES) {
    throw new AttachmentError('too_large', `a clip of ${bytes.byteLength} bytes; the limit is ${MAX_CLIP_BYTES}`);
  }
  const format = detectAudioFormat(bytes);
  if (format === undefined) throw new AttachmentError('kind_unknown', 'no audio format that is known');
  return format;
}

/** Throws `too_long`. */
export function refuseLong(samples: number, rateHz: number): void {
  if (samples * SAMPLE_RATE_HZ <= MAX_CLIP_SAMPLES * rateHz) return;
  const seconds = Math.round(samples / rateHz);
  throw new AttachmentError('too_long', `the audio takes ${seconds} s or more; the limit is ${MAX_CLIP_SECONDS} s`);
}
