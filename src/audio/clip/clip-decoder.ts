import type { Clock } from '../../clock.ts';
import { AttachmentError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { workerUrl } from '../../worker-url.ts';
import { TaskWorker } from '../../workers/task-worker.ts';
import { detectAudioFormat, isBuiltIn } from './audio-format.ts';
import { CLIP_LIMIT_MS, MAX_CLIP_BYTES, MAX_WAITING_CLIPS } from './clip.ts';
import type { ClipTask } from './clip-worker.ts';
import { Ffmpeg } from './ffmpeg.ts';

/** Decodes the audio that users send. */
export interface ClipDecoder {
  /**
   * Resolves with PCM of 16 bit, mono, 24 kHz, which is never empty. Detects the format by the bytes only, and does not
   * change them. Rejects with the signal's reason on abort, otherwise with
   * an AttachmentError: `too_large`, `too_long`, `too_slow`, `kind_unknown`, `kind_unsupported`, `damaged`, `busy`.
   */
  decode(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Unfinished clips are rejected as `busy`. */
  close(): Promise<void>;
}

const IDLE_MS = 60_000;
/**
 * A small young generation makes V8 collect garbage often. Decoders produce megabytes of buffers a second, and the
 * memory of buffers itself does not make V8 collect.
 */
export const CLIP_THREAD_LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 3 } as const;

/**
 * Decodes in a worker thread, or by ffmpeg in a process of its own, one clip at a time in each. ffmpeg is looked for on
 * `searchPath`, as in `PATH`; without it only WAV, MP3 and Ogg Opus are decoded.
 */
export function createClipDecoder(deps: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly searchPath?: string | undefined;
}): ClipDecoder {
  const { clock, log, searchPath } = deps;
  const worker = new TaskWorker<ClipTask, Uint8Array<ArrayBuffer>>({
    file: workerUrl(import.meta.url, 'clip-worker'),
    clock,
    log,
    limitMs: CLIP_LIMIT_MS,
    maxWaiting: MAX_WAITING_CLIPS,
    idleMs: IDLE_MS,
    resourceLimits: CLIP_THREAD_LIMITS,
  });
  const ffmpeg = new Ffmpeg(clock, searchPath);
  return {
    async decode(bytes, signal) {
      if (bytes.byteLength > MAX_CLIP_BYTES) {
        throw new AttachmentError('too_large', `a clip of ${bytes.byteLength} bytes; the limit is ${MAX_CLIP_BYTES}`);
      }
      const format = detectAudioFormat(bytes);
      if (format === undefined) throw new AttachmentError('kind_unknown', 'no audio format that is known');
      let pcm: Uint8Array<ArrayBuffer> | undefined;
      if (isBuiltIn(format)) {
        // `slice` would not copy: a slice of a Buffer shares its memory.
        const copy = new Uint8Array(bytes);
        pcm = await worker.run({ bytes: copy, format }, { signal, transfer: [copy.buffer] }).catch(ifUnsupported);
      }
      pcm ??= await ffmpeg.decode(bytes, format, signal);
      if (pcm.byteLength === 0) throw new AttachmentError('damaged', `there is no audio in this ${format}`);
      return pcm;
    },
    async close() {
      await Promise.all([worker.close(), ffmpeg.close()]);
    },
  };
}

/** Passes on other errors. ffmpeg may decode a format that is unsupported here, such as a coding inside a WAV. */
function ifUnsupported(error: unknown): undefined {
  if (!(error instanceof AttachmentError) || error.code !== 'kind_unsupported') throw error;
}
