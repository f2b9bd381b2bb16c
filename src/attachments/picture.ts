import type { Clock } from '../clock.ts';
import { AttachmentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { workerUrl } from '../worker-url.ts';
import { TaskWorker } from '../workers/task-worker.ts';
import { detectFileKind, FILE_KINDS } from './detect-file-kind.ts';

const MAX_PICTURE_BYTES = 15 * 1024 * 1024;
/** A picture of 24 megapixels takes up to 10 seconds on two busy cores. */
const READ_LIMIT_MS = 30_000;
/** One message may have this many pictures. */
const MAX_WAITING = 10;
/** The idle thread ends soon, so that its memory is released. */
const IDLE_MS = 60_000;
/** Pixels are not in the heap. */
const HEAP_MB = 96;

/** Reads pictures in a worker thread, one at a time. */
export interface PictureReader {
  /**
   * Reads a PNG, JPEG, GIF (its first frame) or BMP, detected by its content. Resolves with a data URI of a PNG or JPEG
   * with at most 1.5 million characters. Does not change `bytes`. Rejects with the signal's reason when that is
   * aborted, else with an AttachmentError: `too_large` above 15 MB or 25 megapixels; `kind_unsupported` for other
   * files; `damaged`; `too_slow` after 30 seconds; `busy` when too many wait.
   */
  read(bytes: Uint8Array, signal: AbortSignal): Promise<string>;
  /** Ends the thread. Safe to call twice. */
  close(): Promise<void>;
}

/** The thread starts with the first picture. */
export function createPictureReader({ clock, log }: { clock: Clock; log: Logger }): PictureReader {
  const worker = new TaskWorker<Uint8Array, string>({
    file: workerUrl(import.meta.url, 'picture-worker'),
    clock,
    log,
    limitMs: READ_LIMIT_MS,
    maxWaiting: MAX_WAITING,
    idleMs: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  return {
    async read(bytes, signal) {
      if (bytes.byteLength > MAX_PICTURE_BYTES) {
        throw new AttachmentError('too_large', `a picture of ${bytes.byteLength} bytes`);
      }
      // image-size would also parse kinds that are not decoded here.
      const kind = detectFileKind(bytes);
      if (FILE_KINDS[kind] !== 'picture') throw new AttachmentError('kind_unsupported', `a ${kind} is not read`);
      const copy = new Uint8Array(bytes);
      return worker.run(copy, { signal, transfer: [copy.buffer] });
    },
    close: () => worker.close(),
  };
}
