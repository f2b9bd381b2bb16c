// Whole: an older Node has no `getCompileCacheDir`, and would fail before it can be told that it is too old.
import nodeModule from 'node:module';
import { dirname } from 'node:path';
import { type ResourceLimits, type Transferable, Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { AttachmentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { TaskMessage } from './serve-tasks.ts';

export interface TaskWorkerOptions {
  /** The worker's file (see files.ts), which calls `serveTasks`. */
  readonly file: URL;
  readonly clock: Clock;
  readonly log: Logger;
  /** The longest that a job may take, the start of a thread included. */
  readonly limitMs: number;
  /** How many jobs may wait behind the one that runs. */
  readonly maxWaiting: number;
  /** How long a thread without work is kept. */
  readonly idleMs: number;
  /** Of the thread's JavaScript heap and stack; the memory of buffers and WebAssembly is not in it. */
  readonly resourceLimits: ResourceLimits;
}

export interface TaskOptions {
  readonly signal: AbortSignal;
  /** Memory of the job that goes to the thread instead of being copied. */
  readonly transfer?: readonly Transferable[];
}

interface Task<Job, Result> extends TaskOptions {
  readonly job: Job;
  readonly end: PromiseWithResolvers<Result>;
  readonly onAbort: () => void;
}

/** A thread and what is known of it. */
interface Thread {
  readonly worker: Worker;
  isReady: boolean;
  /** What it dies of. */
  error?: unknown;
}

/**
 * Does jobs in a thread of its own, one at a time. The thread is started by the first job and ended after a while
 * without one; it keeps the process alive only while it works. A thread that takes too long, dies or is told to stop
 * takes its job along and no other: the next job has a fresh thread.
 */
export class TaskWorker<Job, Result> {
  readonly #options: TaskWorkerOptions;
  readonly #waiting: Task<Job, Result>[] = [];
  #running: Task<Job, Result> | undefined;
  #thread: Thread | undefined;
  /** Threads that have been told to end: the next one starts after them, so that there is never the memory of two. */
  #ending: Promise<unknown> | undefined;
  #forgetTimer = () => {};
  #isClosed = false;

  constructor(options: TaskWorkerOptions) {
    this.#options = options;
  }

  /**
   * Rejects with the signal's reason when that is aborted, else with an AttachmentError: the one that the job threw;
   * `busy` when too many wait or after `close`; `too_slow` at the limit; `too_large` when memory ran out; `damaged`
   * when the thread died of it; `kind_unsupported` when there is no thread to be had.
   */
  run(job: Job, options: TaskOptions): Promise<Result> {
    const { signal } = options;
    if (signal.aborted) return Promise.reject(signal.reason);
    const isIdle = this.#running === undefined && this.#ending === undefined;
    if (this.#isClosed || (!isIdle && this.#waiting.length >= this.#options.maxWaiting)) {
      return Promise.reject(new AttachmentError('busy', `${this.#waiting.length} jobs wait for the thread`));
    }
    const end = Promise.withResolvers<Result>();
    const task: Task<Job, Result> = { ...options, job, end, onAbort: () => this.#abort(task) };
    signal.addEventListener('abort', task.onAbort, { once: true });
    this.#waiting.push(task);
    this.#next();
    return end.promise;
  }

  /** Ends the thread; jobs that are not done are `busy`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new AttachmentError('busy', 'the thread is closed');
    for (const task of this.#waiting.splice(0)) reject(task, closed);
    this.#giveUp(closed);
    await this.#ending;
  }

  #next(): void {
    if (this.#running !== undefined || this.#ending !== undefined || this.#isClosed) return;
    this.#forgetTimer();
    const task = this.#waiting.shift();
    if (task === undefined) {
      if (this.#thread === undefined) return;
      this.#forgetTimer = this.#options.clock.after(this.#options.idleMs, () => this.#endThread());
      return;
    }
    this.#running = task;
    const { clock, limitMs } = this.#options;
    this.#forgetTimer = clock.after(limitMs, () =>
      this.#giveUp(new AttachmentError('too_slow', `not done after ${limitMs} ms`)),
    );
    this.#start(task);
  }

  #start({ job, transfer }: Task<Job, Result>): void {
    try {
      this.#thread ??= this.#startThread();
      this.#thread.worker.ref();
      this.#thread.worker.postMessage(job, transfer);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #startThread(): Thread {
    const { file, resourceLimits } = this.#options;
    const worker = new Worker(file, {
      // The thread needs none of the flags that this process runs with, and no secret of its environment.
      execArgv: [],
      env: compiledBefore(),
      // What is printed before serveTasks has taken it over is read by nobody.
      stdout: true,
      stderr: true,
      resourceLimits,
    });
    const thread: Thread = { worker, isReady: false };
    worker.on('message', (message: TaskMessage<Result>) => this.#onMessage(thread, message));
    // An error may overtake messages of the thread; its end does not.
    worker.on('error', (error) => {
      thread.error = error;
    });
    worker.on('exit', (code) => this.#onDeath(thread, thread.error ?? new Error(`the thread ended with ${code}`)));
    return thread;
  }

  #onMessage(thread: Thread, message: TaskMessage<Result>): void {
    if (thread !== this.#thread) return;
    switch (message.kind) {
      case 'ready':
        thread.isReady = true;
        break;
      case 'printed':
        this.#options.log.debug({ chars: message.chars }, 'a library printed');
        break;
      case 'done':
        this.#settle((task) => resolve(task, message.result));
        break;
      case 'failed':
        this.#settle((task) => reject(task, new AttachmentError(message.code, message.message)));
        break;
    }
  }

  /** The end of a job in a thread that goes on. */
  #settle(tell: (task: Task<Job, Result>) => void): void {
    const task = this.#running;
    this.#running = undefined;
    this.#thread?.worker.unref();
    if (task !== undefined) tell(task);
    this.#next();
  }

  #onDeath(thread: Thread, error: unknown): void {
    if (thread !== this.#thread) return;
    const failure = deathOf(thread, error);
    if (failure.code === 'kind_unsupported') this.#options.log.error({ err: error }, 'a thread did not start');
    this.#giveUp(failure);
  }

  #abort(task: Task<Job, Result>): void {
    const { reason } = task.signal;
    if (task === this.#running) {
      this.#giveUp(reason);
      return;
    }
    const at = this.#waiting.indexOf(task);
    if (at >= 0) this.#waiting.splice(at, 1);
    reject(task, reason);
  }

  /** The end of the running job, if there is one, and of its thread. */
  #giveUp(reason: unknown): void {
    const task = this.#running;
    this.#running = undefined;
    this.#endThread();
    if (task !== undefined) reject(task, reason);
  }

  #endThread(): void {
    this.#forgetTimer();
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread === undefined) {
      this.#next();
      return;
    }
    this.#ending = thread.worker.terminate().then(() => {
      this.#ending = undefined;
      if (this.#waiting.length > 0) this.#next();
    });
  }
}

function resolve<Job, Result>(task: Task<Job, Result>, result: Result): void {
  task.signal.removeEventListener('abort', task.onAbort);
  task.end.resolve(result);
}

function reject<Job, Result>(task: Task<Job, Result>, reason: unknown): void {
  task.signal.removeEventListener('abort', task.onAbort);
  task.end.reject(reason);
}

/** A thread that never ran is no fault of the job; one that died under it is. */
function deathOf({ isReady }: Thread, cause: unknown): AttachmentError {
  const { code } = cause as { code?: unknown };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new AttachmentError('too_large', 'the thread ran out of memory', { cause });
  }
  if (!isReady) return new AttachmentError('kind_unsupported', 'the thread did not start', { cause });
  return new AttachmentError('damaged', 'the thread died', { cause });
}

/** Where this process keeps what it has compiled, if it does: half of a thread's start is compiling. */
function compiledBefore(): NodeJS.ProcessEnv {
  // A folder inside of what NODE_COMPILE_CACHE names, for this version of Node.
  const folder = nodeModule.getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
