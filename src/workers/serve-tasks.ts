import { parentPort, type Transferable } from 'node:worker_threads';
import { AttachmentError, type AttachmentErrorCode, systemCode } from '../errors.ts';

/** The result of a task, and its memory that moves to the main thread instead of being copied. */
export interface TaskOutput<Result> {
  readonly result: Result;
  readonly transfer?: readonly Transferable[];
}

/** How a task ended. */
export type TaskOutcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly code: AttachmentErrorCode; readonly message: string };

/** A message from the thread: `ready` once; then, for each task, the printed text and one end. */
export type TaskMessage<Result> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'printed'; readonly chars: number }
  | TaskOutcome<Result>;

/** A library may print at every byte of a broken file. */
const MAX_PRINTS_PER_TASK = 3;

/**
 * Serves a `TaskWorker` from the worker's file: passes each task to `run`. The `TaskWorker` sends one at a time. An
 * error of `run` that is no AttachmentError counts as `damaged`, because libraries report broken input with such
 * errors. Printed text may quote the input, so the log gets only its length. Does nothing outside a worker thread.
 */
export function serveTasks<Task, Result>(run: (task: Task) => TaskOutput<Result> | Promise<TaskOutput<Result>>): void {
  const port = parentPort;
  if (port === null) return;
  const post = (message: TaskMessage<Result>, transfer: readonly Transferable[] = []) =>
    port.postMessage(message, transfer);
  let printsLeft = MAX_PRINTS_PER_TASK;
  // Capture output here: reading it in the main thread would keep the process alive.
  const write = (chunk: string | Uint8Array) => {
    if (printsLeft-- > 0) post({ kind: 'printed', chars: chunk.length });
    return true;
  };
  Object.assign(process.stdout, { write });
  Object.assign(process.stderr, { write });
  port.on('message', async (task: Task) => {
    printsLeft = MAX_PRINTS_PER_TASK;
    try {
      const { result, transfer } = await run(task);
      post({ kind: 'done', result }, transfer);
    } catch (error) {
      post({ kind: 'failed', ...failureOf(error) });
    }
  });
  post({ kind: 'ready' });
}

function failureOf(error: unknown): { code: AttachmentErrorCode; message: string } {
  if (error instanceof AttachmentError) return { code: error.code, message: error.message };
  // The message may quote the file, so only the name is used.
  const name = error instanceof Error ? error.name : typeof error;
  return { code: 'damaged', message: [name, systemCode(error)].join(' ').trim() };
}
