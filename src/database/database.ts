import { sleep } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import type { StoreErrorCode } from '../errors.ts';
import { Connection, FIRST_RETRY_MS, MAX_RETRY_MS, QUERY_LIMIT_MS } from './connection.ts';
import { DatabaseConversations } from './database-conversations.ts';
import { DatabaseQueue } from './database-queue.ts';
import { fixFor, storeFailure } from './errors.ts';
import { JobQueue } from './job-queue.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { migrate } from './migrations.ts';
import { createPostgresApprovals } from './postgres-approvals.ts';
import { createPostgresAudioStore } from './postgres-audio-store.ts';
import { createPostgresAudit } from './postgres-audit.ts';
import { createPostgresRecordingLinks } from './postgres-recording-links.ts';
import { createPostgresSpendingStore } from './postgres-spending-store.ts';
import { Retention } from './retention.ts';
import type { DatabaseOptions, DatabaseServices } from './services.ts';

const CLOSE_LIMIT_MS = 5_000;

/**
 * Opens the stores in PostgreSQL; nothing is sent before `start` or the first call. Their calls reject with a
 * StoreError while the database cannot be used.
 */
export function openDatabase(options: DatabaseOptions) {
  const connection = new Connection(options);
  const jobs = new JobQueue(options, connection);
  const conversationLock = new KeyedMutex(options.clock, QUERY_LIMIT_MS);
  const services = { ...options, connection, jobs, conversationLock, instance: options.ids.instance() };
  const queue = new DatabaseQueue(services);
  const lifecycle = new Lifecycle(services, queue);
  return {
    queue,
    conversationStore: new DatabaseConversations(services, queue),
    recordingLinks: createPostgresRecordingLinks(services),
    audioStore: createPostgresAudioStore(services),
    spendingStore: createPostgresSpendingStore(connection),
    audit: createPostgresAudit(connection),
    approvalStore: createPostgresApprovals(connection),
    /** Prepares the database in the background, and tries again until it can be used. */
    start: () => lifecycle.start(),
    /** Closes everything except running turns, which `queue.drain` ends. Safe to call twice. */
    close: () => lifecycle.close(),
  };
}

/** Makes the database usable, and closes it. */
class Lifecycle {
  readonly #services: DatabaseServices;
  readonly #queue: DatabaseQueue;
  readonly #retention: Retention;
  readonly #closed = new AbortController();
  #preparing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(services: DatabaseServices, queue: DatabaseQueue) {
    this.#services = services;
    this.#queue = queue;
    this.#retention = new Retention(services);
  }

  start(): void {
    this.#preparing ??= this.#prepare();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #prepare(): Promise<void> {
    const { settings, clock, log, connection, jobs } = this.#services;
    const closed = this.#closed.signal;
    let reported: StoreErrorCode | undefined;
    for (let delayMs = FIRST_RETRY_MS; !closed.aborted; delayMs = Math.min(2 * delayMs, MAX_RETRY_MS)) {
      try {
        await migrate(connection, settings.schema);
        await jobs.start();
        if (closed.aborted) return;
        this.#queue.open();
        this.#retention.start();
        log.info('database connected');
        return;
      } catch (error) {
        const err = storeFailure('preparing the database', error);
        const level = err.code === 'store_unavailable' ? 'warn' : 'error';
        // Log each reason once: a server that was unavailable may later refuse the password.
        if (reported !== err.code && !closed.aborted)
          log[level]({ err, fix: fixFor(err, settings) }, 'database not usable');
        reported = err.code;
      }
      // Closing rejects the sleep and ends the loop.
      await sleep(clock, delayMs, closed).catch(() => {});
    }
  }

  async #close(): Promise<void> {
    const { clock, connection, jobs } = this.#services;
    this.#closed.abort();
    this.#retention.close();
    // Wait for the preparation: it may still start pg-boss, which would then stay open.
    const jobsClosed = Promise.resolve(this.#preparing).then(() => jobs.close());
    const closed = Promise.all([this.#queue.close(), jobsClosed, connection.close()]);
    // Closing a connection waits for the server's answer, which may never come.
    const late = () => new Error('the database took too long');
    await withDeadline({ clock, limitMs: CLOSE_LIMIT_MS, late }, () => closed).catch(() => {});
  }
}
