import { SAMPLE_RATE_HZ } from '../pcm.ts';

export const MAX_CLIP_BYTES = 15 * 1024 * 1024;
export const MAX_CLIP_SECONDS = 180;
/** Encoders add a little to the recording. */
const GRACE_SECONDS = 1;
/** The limit in samples at 24 kHz. */
export const MAX_CLIP_SAMPLES = (MAX_CLIP_SECONDS + GRACE_SECONDS) * SAMPLE_RATE_HZ;
/** Limits the decoding of one clip. A small machine decodes three minutes of audio in a few seconds. */
export const CLIP_LIMIT_MS = 20_000;
/** How many clips may wait for the worker thread, and for ffmpeg, behind the one that is decoded. */
export const MAX_WAITING_CLIPS = 8;
