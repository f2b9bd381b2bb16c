// The whole module: an older Node has no `getCompileCacheDir`, and would fail before the version check reports it.
import nodeModule from 'node:module';
import { dirname } from 'node:path';
import { type ResourceLimits, type Transferable, Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { AttachmentError, systemCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import { SerialQueue } from './serial-queue.ts';
import type { TaskMessage, TaskOutcome } from './serve-tasks.ts';

export interface TaskWorkerOptions {
  /** The worker's file, which calls `serveTasks`. */
  readonly file: URL;
  readonly clock: Clock;
  readonly log: Logger;
  /** The time limit of a task, the start of a thread included. */
  readonly limitMs: number;
  /** How many tasks may wait behind the one that runs. */
  readonly maxWaiting: number;
  /** How long a thread without work is kept. */
  readonly idleMs: number;
  /** Bounds the JavaScript heap and stack, but not the memory of buffers and WebAssembly. */
  readonly resourceLimits: ResourceLimits;
}

interface TaskOptions {
  readonly signal: AbortSignal;
  /** Memory of the task that moves to the thread instead of being copied. */
  readonly transfer?: readonly Transferable[];
}

interface Thread<Result> {
  readonly worker: Worker;
  end: PromiseWithResolvers<TaskOutcome<Result>>;
}

/**
 * Runs tasks in a worker thread, one at a time. The first task starts the thread, which ends after `idleMs` without a
 * task and keeps the process alive only while a task runs. A thread that takes too long, dies or is aborted is replaced
 * for the next task.
 */
export class TaskWorker<Task, Result> {
  readonly #options: TaskWorkerOptions;
  readonly #queue: SerialQueue;
  #thread: Thread<Result> | undefined;
  /** The next thread starts after the last one has ended: two at once would take the memory twice. */
  #ending: Promise<unknown> | undefined;
  #cancelIdleTimer = () => {};

  constructor(options: TaskWorkerOptions) {
    this.#options = options;
    this.#queue = new SerialQueue(options.maxWaiting);
  }

  /**
   * Rejects with the signal's reason on abort, else with an AttachmentError: the one that the task threw; `busy` when
   * too many tasks wait or after `close`; `too_slow` at the time limit; `too_large` when memory ran out; `damaged` when
   * the task killed the thread; `kind_unsupported` when the thread does not start.
   */
  run(task: Task, { signal, transfer }: TaskOptions): Promise<Result> {
    return this.#queue.run(signal, (combined) => this.#runNow(task, transfer, combined));
  }

  /** Ends the thread; unfinished tasks are rejected as `busy`. Safe to call twice. */
  async close(): Promise<void> {
    await this.#queue.close();
    this.#endThread();
    await this.#ending;
  }

  async #runNow(task: Task, transfer: TaskOptions['transfer'], signal: AbortSignal): Promise<Result> {
    const { clock, limitMs, idleMs } = this.#options;
    await this.#ending;
    this.#cancelIdleTimer();
    const late = () => new AttachmentError('too_slow', `not done after ${limitMs} ms`);
    const end = await withDeadline({ clock, limitMs, signal, late }, async () => {
      this.#thread ??= this.#startThread();
      const { worker } = this.#thread;
      this.#thread.end = Promise.withResolvers();
      worker.ref();
      worker.postMessage(task, transfer);
      return this.#thread.end.promise;
    }).catch((error: unknown) => {
      this.#endThread();
      throw error;
    });
    this.#thread?.worker.unref();
    this.#cancelIdleTimer = clock.after(idleMs, () => this.#endThread());
    if (end.kind === 'failed') throw new AttachmentError(end.code, end.message);
    return end.result;
  }

  #startThread(): Thread<Result> {
    const { file, resourceLimits, log } = this.#options;
    // The thread gets no flag and no secret of this process. Nobody reads what is printed before serveTasks captures
    // it.
    const worker = new Worker(file, { execArgv: [], env: threadEnv(), stdout: true, stderr: true, resourceLimits });
    const thread: Thread<Result> = { worker, end: Promise.withResolvers() };
    let isReady = false;
    let error: unknown;
    worker.on('message', (message: TaskMessage<Result>) => {
      if (message.kind === 'ready') isReady = true;
      else if (message.kind === 'printed') log.debug({ chars: message.chars }, 'library output suppressed');
      else thread.end.resolve(message);
    });
    // An error may overtake messages of the thread; its exit does not.
    worker.on('error', (cause) => {
      error = cause;
    });
    worker.on('exit', (code) => {
      if (thread !== this.#thread) return;
      this.#thread = undefined;
      const failure = exitError(isReady, error ?? new Error(`the thread ended with ${code}`));
      if (failure.code === 'kind_unsupported') log.error({ err: error }, 'worker thread not started');
      thread.end.reject(failure);
    });
    return thread;
  }

  #endThread(): void {
    this.#cancelIdleTimer();
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread !== undefined) this.#ending = thread.worker.terminate();
  }
}

/** A thread that never ran is not the task's fault; one that died while it ran is. */
function exitError(isReady: boolean, cause: unknown): AttachmentError {
  if (systemCode(cause) === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new AttachmentError('too_large', 'the thread ran out of memory', { cause });
  }
  if (!isReady) return new AttachmentError('kind_unsupported', 'the thread did not start', { cause });
  return new AttachmentError('damaged', 'the thread died', { cause });
}

/** The compile cache of this process, if it has one: half of a thread's start is compiling. */
function threadEnv(): NodeJS.ProcessEnv {
  // A folder inside the one that NODE_COMPILE_CACHE names, for this version of Node.
  const folder = nodeModule.getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
