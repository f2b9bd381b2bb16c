import pg from 'pg';
import { type ConnectionOptions, clientConfig, FIRST_RETRY_MS, MAX_RETRY_MS, QUERY_LIMIT_MS } from './connection.ts';
import { reasonOf } from './errors.ts';

/** The callbacks of a listener. They must not throw. */
interface ListenerEvents {
  onPayload(payload: string): void;
  /** Called when it listens, for the first time or again. Earlier notifications are lost. */
  onConnect(): void;
}

/** The interval of a statement that detects a silently dropped connection. */
const CHECK_MS = 10_000;

/**
 * Listens to a channel on a connection of its own, and reconnects whenever it breaks. The listener of pg-boss does not
 * serve here: its `close()` removes the error handler first, so that closing it just after the server has ended its
 * session throws an uncaught error (pg-boss 12.38, dist/db.js).
 */
export class Listener {
  readonly #options: ConnectionOptions;
  readonly #channel: string;
  readonly #events: ListenerEvents;
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
  }

  /** Whether the connection was open at its last check. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Connects in the background. */
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
    // Never remove this handler: an error may come after `close`, and unhandled it would end the process.
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
    const { log, clock } = this.#options;
    this.#client = undefined;
    this.#isConnected = false;
    this.#cancelTimer();
    log.debug({ reason: reasonOf(error) }, 'database listener disconnected');
    client.end().catch(() => {});
    this.#cancelTimer = clock.after(this.#retryMs, () => void this.#connect());
    this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
  }

  #checkLater(client: pg.Client): void {
    this.#cancelTimer = this.#options.clock.after(CHECK_MS, () => {
      client.query('SELECT 1').then(
        () => this.#client === client && this.#checkLater(client),
        (error: unknown) => this.#reconnect(client, error),
      );
    });
  }
}
