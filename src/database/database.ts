import type { AudioStore } from '../audio/audio-store.ts';
import { sleep } from '../clock.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { SpendingStore } from '../conversation/limits/spending-store.ts';
import type { TurnQueue } from '../conversation/queue/turn-queue.ts';
import type { RecordingLinks } from '../conversation/recordings/recording-links.ts';
import { withDeadline } from '../deadline.ts';
import type { StoreError } from '../errors.ts';
import type { Ids } from '../ids.ts';
import { Connection, type ConnectionOptions, QUERY_LIMIT_MS } from './connection.ts';
import { DatabaseConversations } from './database-conversations.ts';
import { DatabaseQueue } from './database-queue.ts';
import { Dispatcher } from './dispatcher.ts';
import { fixFor, storeFailure } from './errors.ts';
import { InBandTurns } from './in-band-turns.ts';
import { JobQueue } from './job-queue.ts';
import { KeyChain } from './key-chain.ts';
import { Listener } from './listener.ts';
import { migrate } from './migrations.ts';
import { channelOf } from './names.ts';
import { createPostgresAudioStore } from './postgres-audio-store.ts';
import { PostgresSpendingStore } from './postgres-spending-store.ts';
import { createRecordingLinks } from './recording-links.ts';
import { Retention, retentionRules } from './retention.ts';

/** What the database needs. */
export interface DatabaseOptions extends ConnectionOptions {
  readonly ids: Ids;
  /** How long conversations are kept that nobody continues, and messages that could not be answered. */
  readonly recordRetentionMs: number;
  readonly audioRetentionMs: number;
  /** Bound of all reply audio together. */
  readonly audioStoreBytes: number;
}

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;
const CLOSE_LIMIT_MS = 5_000;

/** Opens the database; nothing is sent before `start` or the first call. */
export function openDatabase(options: DatabaseOptions): Database {
  return new Database(options);
}

/** What outlives this process. All of it rejects with a StoreError while the database cannot be used. */
export class Database {
  readonly connection: Connection;
  readonly queue: TurnQueue;
  readonly conversations: ConversationStore;
  readonly recordingLinks: RecordingLinks;
  readonly audioStore: AudioStore;
  readonly spending: SpendingStore;
  readonly #options: DatabaseOptions;
  readonly #instance: string;
  readonly #jobs: JobQueue;
  readonly #inBand: InBandTurns;
  readonly #dispatcher: Dispatcher;
  readonly #listener: Listener;
  readonly #retention: Retention;
  readonly #closed = new AbortController();
  #preparing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    const { settings, clock, log, ids, recordRetentionMs: retentionMs } = options;
    this.#instance = ids.incident();
    const connection = new Connection(options);
    const jobs = new JobQueue(options, connection, retentionMs);
    const services = { connection, jobs, retentionMs, log };
    const chain = new KeyChain(clock, QUERY_LIMIT_MS);
    const inBand = new InBandTurns(services, clock);
    const dispatcher = new Dispatcher(services, clock);
    this.connection = connection;
    // Else the notification of the own message wakes the dispatcher.
    const onAdded = () => void (this.#listener.isConnected || dispatcher.wake());
    this.queue = new DatabaseQueue({ ...services, dispatcher, inBand, chain, onAdded });
    const onStop = (key: string) => {
      inBand.stop(key);
      return dispatcher.stop(key);
    };
    this.conversations = new DatabaseConversations({ ...services, chain, onStop, instance: this.#instance });
    this.recordingLinks = createRecordingLinks({ connection, clock, ids });
    this.audioStore = audioStoreOf(options, connection);
    this.spending = new PostgresSpendingStore(connection);
    this.#options = options;
    this.#jobs = jobs;
    this.#inBand = inBand;
    this.#dispatcher = dispatcher;
    this.#listener = new Listener(options, channelOf(settings.schema), {
      onPayload: (payload) => this.#onPayload(payload),
      onConnect: () => void dispatcher.catchUp(),
    });
    const rules = retentionRules(retentionMs);
    this.#retention = new Retention({ connection, schema: settings.schema, rules, clock, log });
  }

  /** Begins to prepare the database, in the background, again and again until it can be used. */
  start(): void {
    this.#preparing ??= this.#prepareUntilUsable();
  }

  /** Ends everything but turns that still run; see `drain` of the queue. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Never gives up by itself; says once that the database cannot be used, and once that it can. */
  async #prepareUntilUsable(): Promise<void> {
    const { clock, log } = this.#options;
    const closed = this.#closed.signal;
    let said: string | undefined;
    for (let delayMs = FIRST_RETRY_MS; !closed.aborted; delayMs = Math.min(2 * delayMs, MAX_RETRY_MS)) {
      try {
        await this.#prepare();
        if (!closed.aborted) log.info('database connected');
        return;
      } catch (error) {
        const err = storeFailure('preparing the database', error);
        // Another reason is said again: a server that starts may then refuse the password.
        if (said !== err.code && !closed.aborted) this.#report(err);
        said = err.code;
      }
      // Rejects when it is closed, which the loop sees by itself.
      await sleep(clock, delayMs, closed).catch(() => {});
    }
  }

  async #prepare(): Promise<void> {
    const { schema, isDispatching } = this.#options.settings;
    await migrate(this.connection, schema);
    await this.#jobs.start();
    if (this.#closed.signal.aborted) return;
    this.#listener.start();
    this.#retention.start();
    if (isDispatching) this.#dispatcher.open();
  }

  /** What does not pass by itself is an error. */
  #report(err: StoreError): void {
    const { settings, log } = this.#options;
    const level = err.code === 'store_unavailable' ? 'warn' : 'error';
    log[level]({ err, fix: fixFor(err, settings) }, 'database not usable');
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    this.#dispatcher.close();
    this.#retention.close();
    // A queue that opens meanwhile would stay open.
    const jobsClosed = (this.#preparing ?? Promise.resolve()).then(() => this.#jobs.close());
    const ended = Promise.all([this.#listener.close(), jobsClosed, this.connection.close()]);
    // A server that does not answer ends no connection.
    const late = () => new Error('the database took too long');
    const deadline = { clock: this.#options.clock, limitMs: CLOSE_LIMIT_MS, late };
    await withDeadline(deadline, () => ended).catch(() => {});
  }

  /** Of pg-boss: the name of a queue. Of a stop: the instance that stopped it, and the key as it is stored. */
  #onPayload(payload: string): void {
    const space = payload.indexOf(' ');
    const key = payload.slice(space + 1);
    if (space < 0) this.#dispatcher.wake();
    else void this.#dispatcher.stop(key);
    // What it meant here was stopped at once: what has come since is not meant.
    if (space >= 0 && payload.slice(0, space) !== this.#instance) this.#inBand.stop(key);
  }
}

function audioStoreOf(options: DatabaseOptions, connection: Connection): AudioStore {
  const { clock, ids, audioRetentionMs: retentionMs, audioStoreBytes: maxBytes } = options;
  return createPostgresAudioStore({ connection, maxBytes, retentionMs, clock, ids });
}
