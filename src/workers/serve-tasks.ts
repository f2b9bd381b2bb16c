import { format } from 'node:util';
import { parentPort, type Transferable } from 'node:worker_threads';
import { AttachmentError, type AttachmentErrorCode, systemCode } from '../errors.ts';

/** What a task has made, and the memory of it that changes hands instead of being copied. */
export interface TaskAnswer<Result> {
  readonly result: Result;
  readonly transfer?: readonly Transferable[];
}

/** From the thread: that it runs, once; then, for each job, what was printed and one end. */
export type TaskMessage<Result> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'printed'; readonly chars: number }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly code: AttachmentErrorCode; readonly message: string };

/** A library may print at every byte of a broken file. */
const MAX_PRINTS_A_JOB = 3;

/**
 * What a worker's file does: each job that comes is given to `run`, one after another (a `TaskWorker` sends the next
 * one after the end of the last). What `run` throws besides an AttachmentError counts as damage of what it was given:
 * that is how libraries tell of it. What libraries print may quote what they were given: the log of the main thread only learns how much it was.
 * Does nothing where it is not in a thread.
 */
export function serveTasks<Job, Result>(run: (job: Job) => TaskAnswer<Result> | Promise<TaskAnswer<Result>>): void {
  const port = parentPort;
  if (port === null) return;
  const post = (message: TaskMessage<Result>, transfer: readonly Transferable[] = []) =>
    port.postMessage(message, transfer);
  const allowPrints = capturePrints((chars) => post({ kind: 'printed', chars }));
  port.on('message', async (job: Job) => {
    allowPrints();
    try {
      const { result, transfer } = await run(job);
      post({ kind: 'done', result }, transfer);
    } catch (error) {
      post({ kind: 'failed', ...told(error) });
    }
  });
  post({ kind: 'ready' });
}

function told(error: unknown): { code: AttachmentErrorCode; message: string } {
  if (error instanceof AttachmentError) return { code: error.code, message: error.message };
  // Not its message, which may quote the file.
  const name = error instanceof Error ? error.name : typeof error;
  return { code: 'damaged', message: [name, systemCode(error)].join(' ').trim() };
}

/**
 * Turns what is printed in this thread into messages, a few for each job; returns what begins a new count. It is done
 * here because a main thread that reads the output of its threads is kept alive by that.
 */
function capturePrints(onPrint: (chars: number) => void): () => void {
  let left = MAX_PRINTS_A_JOB;
  const print = (...printed: unknown[]) => {
    if (left-- > 0) onPrint(format(...printed).length);
  };
  Object.assign(console, { debug: print, error: print, info: print, log: print, warn: print });
  const write = (chunk: unknown) => {
    print(chunk);
    return true;
  };
  Object.assign(process.stdout, { write });
  Object.assign(process.stderr, { write });
  return () => {
    left = MAX_PRINTS_A_JOB;
  };
}
