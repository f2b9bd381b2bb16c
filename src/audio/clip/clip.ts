import { SAMPLE_RATE_HZ } from '../pcm.ts';

export const MAX_CLIP_BYTES = 15 * 1024 * 1024;
export const MAX_CLIP_SECONDS = 180;
/** Encoders add a little to the recording. */
const GRACE_SECONDS = 1;
/** The limit in samples at 24 kHz. */
export const MAX_CLIP_SAMPLES = (MAX_CLIP_SECONDS + GRACE_SECONDS) * SAMPLE_RATE_HZ;
