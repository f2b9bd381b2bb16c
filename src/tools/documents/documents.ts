import { Worker } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import type { DocumentsSettings } from '../../config/tools-settings.ts';
import { unlessAborted, withDeadline } from '../../deadline.ts';
import { systemCode } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { workerUrl } from '../../worker-url.ts';
import { ToolError } from '../tool-error.ts';
import type { Hit } from './document-index.ts';
import type { DocumentsJob, DocumentsMessage, DocumentsRequest } from './documents-worker.ts';
import type { FolderFile } from './folder.ts';
import type { FolderState } from './folder-index.ts';

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 300_000;
/** Limits the thread's JavaScript heap: the index, and the file that is read. */
const MAX_HEAP_MB = 512;
/** Limits the time of one file: a PDF of 2,000 pages takes 12 s. Some damaged ones never end. */
const MAX_READ_MS = 60_000;
/** Limits the young generation of the heap: V8 would let it grow to hundreds of megabytes before it collects. */
const MAX_YOUNG_MB = 8;
/** Waiting is better than an answer without the documents, but a user is listening. */
const MAX_WAIT_MS = 5_000;

/** The state of the folder; `reason` is for operators. */
type DocumentsStatus =
  | { readonly kind: 'reading' }
  | { readonly kind: 'ready'; readonly state: FolderState }
  | { readonly kind: 'down'; readonly reason: string };

/** The answer to a query. */
interface FoundDocuments {
  readonly hits: readonly Hit[];
  /** Whether the folder was not read to its end yet, so that more may be found later. */
  readonly isPartial: boolean;
}

interface DocumentsDeps {
  readonly settings: DocumentsSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The searchable folder. A thread indexes it and follows its changes. A thread that dies is restarted with backoff, and
 * leaves out the file that it was reading.
 */
export class Documents {
  readonly settings: DocumentsSettings;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly Hit[]>>();
  #status: DocumentsStatus = { kind: 'reading' };
  #worker: Worker | undefined;
  /** Resolves when the thread has read the folder once, or failed. */
  #firstRead = Promise.withResolvers<void>();
  /** Whether this thread has read the folder. */
  #wasRead = false;
  /** The file that the thread reads. */
  #reading: FolderFile | undefined;
  /** The fingerprints of files that ended a thread, by path. */
  readonly #skipped = new Map<string, string>();
  #cancelLimit = () => {};
  #nextId = 0;
  #failures = 0;
  #cancelRestart = () => {};
  #isClosed = false;

  constructor({ settings, clock, log }: DocumentsDeps) {
    this.settings = settings;
    this.#clock = clock;
    this.#log = log;
  }

  get status(): DocumentsStatus {
    return this.#status;
  }

  /** Starts the thread. Safe to call twice. */
  start(): void {
    if (this.#worker !== undefined || this.#isClosed) return;
    const { folder, pollMs } = this.settings;
    const worker = new Worker(workerUrl(import.meta.url, 'documents-worker'), {
      workerData: { folder, pollMs, skipped: this.#skipped } satisfies DocumentsJob,
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: MAX_YOUNG_MB },
    });
    this.#worker = worker;
    this.#status = { kind: 'reading' };
    this.#firstRead = Promise.withResolvers();
    this.#wasRead = false;
    worker.unref();
    worker.on('message', (message: DocumentsMessage) => this.#onMessage(worker, message));
    worker.on('error', (err) => this.#onEnd(worker, systemCode(err) ?? err.name));
    worker.on('exit', () => this.#onEnd(worker, 'the thread ended'));
  }

  /**
   * Finds the best matches. While the folder is read for the first time it waits up to 5 s, then searches what was
   * read. Rejects with a ToolError while nothing can be searched, and with the reason of `signal`.
   */
  async find(query: string, signal: AbortSignal): Promise<FoundDocuments> {
    signal.throwIfAborted();
    if (this.#worker !== undefined && this.#status.kind === 'reading') await this.#waitForFirstRead(signal);
    const worker = this.#worker;
    // A folder that was read before stays searchable while it cannot be read.
    if (worker === undefined || (this.#status.kind === 'down' && !this.#wasRead)) throw unavailable();
    const isPartial = this.#status.kind === 'reading';
    return { hits: await this.#ask(worker, query, signal), isPartial };
  }

  async #waitForFirstRead(signal: AbortSignal): Promise<void> {
    const deadline = { clock: this.#clock, limitMs: MAX_WAIT_MS, signal, late: unavailable };
    // At the limit, what was read so far is searched.
    await withDeadline(deadline, () => this.#firstRead.promise).catch(() => signal.throwIfAborted());
  }

  async #ask(worker: Worker, query: string, signal: AbortSignal): Promise<readonly Hit[]> {
    const found = Promise.withResolvers<readonly Hit[]>();
    const id = this.#nextId++;
    this.#waiting.set(id, found);
    worker.postMessage({ id, query } satisfies DocumentsRequest);
    try {
      return await unlessAborted(signal, () => found.promise);
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Ends the thread and rejects waiting searches. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRestart();
    this.#cancelLimit();
    const worker = this.#worker;
    this.#worker = undefined;
    this.#rejectAll();
    await worker?.terminate();
  }

  #onMessage(worker: Worker, message: DocumentsMessage): void {
    if (this.#worker !== worker) return;
    switch (message.kind) {
      case 'reading':
        this.#reading = message.file;
        this.#cancelLimit();
        this.#cancelLimit = this.#clock.after(MAX_READ_MS, () => {
          this.#onEnd(worker, 'a file took too long');
          void worker.terminate();
        });
        break;
      case 'found':
        this.#waiting.get(message.id)?.resolve(message.hits);
        break;
      case 'updated':
        this.#onUpdated(message);
        break;
      case 'unreadable':
        if (this.#status.kind !== 'down')
          this.#log.error({ folder: this.settings.folder, reason: message.reason }, 'documents folder not read');
        this.#status = { kind: 'down', reason: message.reason };
        this.#firstRead.resolve();
        break;
    }
  }

  #onUpdated({ state, isChanged, tookMs }: Extract<DocumentsMessage, { kind: 'updated' }>): void {
    const isNews = isChanged || this.#status.kind !== 'ready';
    this.#failures = 0;
    this.#reading = undefined;
    this.#cancelLimit();
    this.#wasRead = true;
    this.#firstRead.resolve();
    this.#status = { kind: 'ready', state };
    if (!isNews) return;
    const { documents, chunks, leftOut } = state;
    this.#log.info({ documents, chunks, leftOut: leftOut.length, tookMs }, 'documents indexed');
    for (const { path, reason } of leftOut.slice(0, 20)) this.#log.warn({ path, reason }, 'document left out');
  }

  #onEnd(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#cancelLimit();
    this.#rejectAll();
    this.#status = { kind: 'down', reason };
    const path = this.#reading?.path;
    if (this.#reading !== undefined) this.#skipped.set(this.#reading.path, this.#reading.fingerprint);
    this.#reading = undefined;
    const waitMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures++, MAX_BACKOFF_MS);
    this.#log.error({ reason, path, retryInMs: waitMs }, 'documents thread ended');
    this.#cancelRestart = this.#clock.after(waitMs, () => this.start());
  }

  #rejectAll(): void {
    this.#firstRead.resolve();
    for (const { reject } of this.#waiting.values()) reject(unavailable());
    this.#waiting.clear();
  }
}

function unavailable(): ToolError {
  return new ToolError('tool_unavailable', 'The documents cannot be searched now.');
}
