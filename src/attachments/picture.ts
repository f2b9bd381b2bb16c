import type { Clock } from '../clock.ts';
import { AttachmentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { workerUrl } from '../worker-url.ts';
import { TaskWorker } from '../workers/task-worker.ts';
import { detectFileType, isPictureKind } from './detect-file-type.ts';
import { pictureHeader } from './picture-header.ts';
import type { Picture, PictureJob } from './picture-worker.ts';

export type { Picture } from './picture-worker.ts';

export const MAX_PICTURE_BYTES = 15 * 1024 * 1024;
/** A picture of 24 megapixels took up to 16 seconds on two cores under fivefold load. */
const READ_LIMIT_MS = 30_000;
/** One message may have this many pictures. */
const MAX_WAITING = 10;
/** The idle thread ends soon, so that its memory is released. */
const IDLE_MS = 60_000;
/** Enough for the blocks of a JPEG, half a million objects at 24 megapixels. Pixels are not in the heap. */
const HEAP_MB = 320;

/** Reads pictures in a worker thread, one at a time. */
export interface PictureReader {
  /**
   * Reads a PNG, JPEG, GIF (its first frame) or BMP, detected by its content. Does not change `bytes`. Rejects
   * with the signal's reason when that is aborted, else with an AttachmentError: `too_large` above 15 MB, 25 megapixels
   * or the memory of the decoder; `kind_unsupported` for other pictures, `kind_unknown`; `damaged`;
   * `too_slow` after 30 seconds; `busy` when too many wait.
   */
  read(bytes: Uint8Array, signal: AbortSignal): Promise<Picture>;
  /** Ends the thread. Safe to call twice. */
  close(): Promise<void>;
}

/** The thread starts with the first picture. */
export function createPictureReader({ clock, log }: { clock: Clock; log: Logger }): PictureReader {
  const worker = new TaskWorker<PictureJob, Picture>({
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
      const kind = detectFileType(bytes);
      if (kind === 'unknown') throw new AttachmentError('kind_unknown', 'not a known kind of file');
      if (!isPictureKind(kind)) throw new AttachmentError('kind_unsupported', `a ${kind} is not read as a picture`);
      const header = pictureHeader(kind, bytes);
      const copy = new Uint8Array(bytes);
      return worker.run({ bytes: copy, header }, { signal, transfer: [copy.buffer] });
    },
    close: () => worker.close(),
  };
}
