import type { Clock } from '../../clock.ts';
import { AttachmentError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { workerUrl } from '../../worker-url.ts';
import { TaskWorker } from '../../workers/task-worker.ts';
import { detectAudioFormat, isBuiltIn } from './audio-format.ts';
import { type Clip, clipOf, refuseLarge } from './clip.ts';
import { Ffmpeg } from './ffmpeg.ts';

export interface ClipDecoderOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where `ffmpeg` is looked for, as in `PATH`; without it WAV, MP3 and Ogg Opus are read, and nothing else. */
  readonly searchPath?: string | undefined;
}

/** Reads the sounds that users send. */
export interface ClipDecoder {
  /**
   * What it is is told by the bytes alone; they stay the caller's. Rejects with the signal's reason when that is
   * aborted, else with an AttachmentError: `too_large`, `too_long`, `too_slow`, `kind_unknown`, `kind_unsupported`,
   * `damaged` or `busy`.
   */
  decode(bytes: Uint8Array, signal: AbortSignal): Promise<Clip>;
  /** What is not done is `busy`. */
  close(): Promise<void>;
}

/** For one clip, at the worst: three minutes of sound take a small machine a few seconds. */
const LIMIT_MS = 20_000;
const MAX_WAITING = 8;
const IDLE_MS = 60_000;
/**
 * Of the thread. With little room for what is young, garbage is looked for often: decoders leave their output there,
 * megabytes a second, which counts for little by itself.
 */
export const CLIP_THREAD_LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 3 } as const;

/** Decodes in a thread of its own, or by ffmpeg in a process of its own, one sound at a time in each. */
export function createClipDecoder({ clock, log, searchPath }: ClipDecoderOptions): ClipDecoder {
  const bounds = { clock, limitMs: LIMIT_MS, maxWaiting: MAX_WAITING };
  const worker = new TaskWorker<Uint8Array, Clip>({
    ...bounds,
    file: workerUrl(import.meta.url, 'clip-worker'),
    log,
    idleMs: IDLE_MS,
    resourceLimits: CLIP_THREAD_LIMITS,
  });
  const ffmpeg = new Ffmpeg({ ...bounds, searchPath });
  return {
    async decode(bytes, signal) {
      refuseLarge(bytes.byteLength);
      const kind = detectAudioFormat(bytes);
      if (kind === undefined) throw new AttachmentError('kind_unknown', 'no kind of sound that is known');
      if (isBuiltIn(kind)) {
        // Not by slice: that of a Buffer copies nothing.
        const copy = new Uint8Array(bytes);
        const clip = await orUnsupported(worker.run(copy, { signal, transfer: [copy.buffer] }));
        if (clip !== undefined) return clip;
      }
      return clipOf(await ffmpeg.decode(bytes, kind, signal), kind);
    },
    async close() {
      await Promise.all([worker.close(), ffmpeg.close()]);
    },
  };
}

/** Undefined for a coding inside of a WAV, say, that only ffmpeg may know. */
async function orUnsupported(work: Promise<Clip>): Promise<Clip | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AttachmentError && error.code === 'kind_unsupported') return undefined;
    throw error;
  }
}
