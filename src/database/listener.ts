import pg from 'pg';
import type { Clock } from '../clock.ts';
import { type ConnectionOptions, clientConfig, QUERY_LIMIT_MS } from './connection.ts';
import { storeFailure } from './errors.ts';

/** What a listener calls; none may throw. */
export interface ListenerEvents {
  onPayload(payload: string): void;
  /** It listens, for the first time or again: what was notified before is lost. */
  onConnect(): void;
}

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;
/** A connection that was dropped without a word is found out by a statement. */
const CHECK_MS = 10_000;

/**
 * Listens to a channel on a connection of its own, which it opens again whenever it breaks. pg-boss has such a listener,
 * too, but closing that one just after the server has ended its session throws an error that nobody can catch: its
 * `close()` removes the handler of errors first (pg-boss 12.38, dist/db.js).
 */
export class Listener {
  readonly #options: ConnectionOptions;
  readonly #channel: string;
  readonly #events: ListenerEvents;
  readonly #clock: Clock;
  #client: pg.Client | undefined;
  #cancelTimer: () => void = () => {};
  #retryMs = FIRST_RETRY_MS;
  #isConnected = false;
  #isClosed = false;

  /** `channel`: letters, digits and `_`. */
  constructor(options: ConnectionOptions, channel: string, events: ListenerEvents) {
    this.#options = options;
    this.#channel = channel;
    this.#events = events;
    this.#clock = options.clock;
  }

  /** Whether notifications are heard now, as far as anybody knows. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Begins to listen, in the background. */
  start(): void {
    void this.#connect();
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ ...clientConfig(this.#options), query_timeout: QUERY_LIMIT_MS });
    this.#client = client;
    // Never removed: an error that nobody hears ends the process, and one may come after the end.
    client.on('error', (error) => this.#reconnect(client, error));
    client.on('end', () => this.#reconnect(client, new Error('the connection ended')));
    client.on('notification', ({ payload = '' }) => this.#events.onPayload(payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${this.#channel}`);
    } catch (error) {
      this.#reconnect(client, error);
      return;
    }
    if (this.#client !== client) return;
    this.#retryMs = FIRST_RETRY_MS;
    this.#isConnected = true;
    this.#checkLater(client);
    this.#events.onConnect();
  }

  #reconnect(client: pg.Client, error: unknown): void {
    if (this.#isClosed || this.#client !== client) return;
    this.#client = undefined;
    this.#isConnected = false;
    this.#cancelTimer();
    this.#options.log.debug({ reason: storeFailure('listening', error).reason }, 'database listener disconnected');
    client.end().catch(() => {});
    this.#cancelTimer = this.#clock.after(this.#retryMs, () => void this.#connect());
    this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
  }

  #checkLater(client: pg.Client): void {
    this.#cancelTimer = this.#clock.after(CHECK_MS, async () => {
      try {
        await client.query('SELECT 1');
        if (this.#client === client) this.#checkLater(client);
      } catch (error) {
        this.#reconnect(client, error);
      }
    });
  }
}
