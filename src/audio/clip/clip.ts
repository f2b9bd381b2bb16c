import { AttachmentError } from '../../errors.ts';
import { durationMs, SAMPLE_RATE_HZ } from '../pcm.ts';
import type { AudioFormat } from './audio-format.ts';

/** A sound that a user sent, as the Realtime API takes it in. */
export interface Clip {
  /** Signed 16 bit little endian, one channel, 24 kHz; never empty. */
  readonly pcm: Uint8Array<ArrayBuffer>;
  readonly durationMs: number;
  /** What it was. */
  readonly format: AudioFormat;
}

/** The largest file that is taken. */
export const MAX_CLIP_BYTES = 15 * 1024 * 1024;
/** The longest sound that is taken; encoders add a little to what was recorded, which is not held against it. */
export const MAX_CLIP_SECONDS = 180;
const GRACE_SECONDS = 1;
/** The most samples of 24 kHz that a clip has. */
export const MAX_CLIP_SAMPLES = (MAX_CLIP_SECONDS + GRACE_SECONDS) * SAMPLE_RATE_HZ;

/** Throws `too_long` for so many samples at such a rate. */
export function refuseLong(samples: number, rateHz: number): void {
  if (samples * SAMPLE_RATE_HZ <= MAX_CLIP_SAMPLES * rateHz) return;
  const seconds = Math.round(samples / rateHz);
  throw new AttachmentError('too_long', `the sound takes ${seconds} s or more; ${MAX_CLIP_SECONDS} are taken`);
}

/** Throws `too_large` for so many bytes. */
export function refuseLarge(byteLength: number): void {
  if (byteLength <= MAX_CLIP_BYTES) return;
  throw new AttachmentError('too_large', `the sound has ${byteLength} bytes; ${MAX_CLIP_BYTES} are taken`);
}

/** Throws `damaged` when there is nothing in it. */
export function clipOf(pcm: Uint8Array<ArrayBuffer>, format: AudioFormat): Clip {
  if (pcm.byteLength === 0) throw new AttachmentError('damaged', `there is no sound in this ${format}`);
  return { pcm, durationMs: durationMs(pcm.byteLength), format };
}
