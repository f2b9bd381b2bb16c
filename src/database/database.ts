import type { AudioStore } from '../audio/audio-store.ts';
import { sleep } from '../clock.ts';
import type { ApprovalStore } from '../conversation/approvals/approval.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { SpendingStore } from '../conversation/limits/spending-store.ts';
import type { RecordingLinks } from '../conversation/recordings/recording-links.ts';
import { withDeadline } from '../deadline.ts';
import type { StoreErrorCode } from '../errors.ts';
import type { AuditStore } from '../tools/audit.ts';
import { Connection, QUERY_LIMIT_MS } from './connection.ts';
import { DatabaseConversations } from './database-conversations.ts';
import { DatabaseQueue } from './database-queue.ts';
import { fixFor, storeFailure } from './errors.ts';
import { JobQueue } from './job-queue.ts';
import { KeyChain } from './key-chain.ts';
import { migrate } from './migrations.ts';
import { createPostgresApprovals } from './postgres-approvals.ts';
import { createPostgresAudioStore } from './postgres-audio-store.ts';
import { createPostgresAudit } from './postgres-audit.ts';
import { createPostgresSpendingStore } from './postgres-spending-store.ts';
import { createRecordingLinks } from './recording-links.ts';
import { Retention } from './retention.ts';
import type { DatabaseOptions, DatabaseServices } from './services.ts';

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;
const CLOSE_LIMIT_MS = 5_000;

/** Opens the database; nothing is sent before `start` or the first call. */
export function openDatabase(options: DatabaseOptions): Database {
  return new Database(options);
}

/** The stores in PostgreSQL. Their calls reject with a StoreError while the database cannot be used. */
export class Database {
  readonly queue: DatabaseQueue;
  readonly conversations: ConversationStore;
  readonly recordingLinks: RecordingLinks;
  readonly audioStore: AudioStore;
  readonly spending: SpendingStore;
  readonly audit: AuditStore;
  readonly approvals: ApprovalStore;
  readonly #services: DatabaseServices;
  readonly #retention: Retention;
  readonly #closed = new AbortController();
  #preparing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    const connection = new Connection(options);
    const jobs = new JobQueue(options, connection, options.recordRetentionMs);
    const chain = new KeyChain(options.clock, QUERY_LIMIT_MS);
    const services = { ...options, connection, jobs, chain, instance: options.ids.instance() };
    this.#services = services;
    this.queue = new DatabaseQueue(services);
    this.#retention = new Retention(services);
    this.conversations = new DatabaseConversations(services, this.queue);
    this.recordingLinks = createRecordingLinks(services);
    this.audioStore = createPostgresAudioStore(services);
    this.spending = createPostgresSpendingStore(connection);
    this.audit = createPostgresAudit(connection);
    this.approvals = createPostgresApprovals(connection);
  }

  /** Prepares the database in the background, and tries again until it can be used. */
  start(): void {
    this.#preparing ??= this.#prepare();
  }

  /** Closes everything except running turns, which `queue.drain` ends. Safe to call twice. */
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
        this.queue.open();
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
    const closed = Promise.all([this.queue.close(), jobsClosed, connection.close()]);
    // Closing a connection waits for the server's answer, which may never come.
    const late = () => new Error('the database took too long');
    await withDeadline({ clock, limitMs: CLOSE_LIMIT_MS, late }, () => closed).catch(() => {});
  }
}
