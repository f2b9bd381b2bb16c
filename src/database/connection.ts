import { hash } from 'node:crypto';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import type { DatabaseSettings } from '../config/database-settings.ts';
import { withDeadline } from '../deadline.ts';
import { StoreError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { reasonOf, storeFailure } from './errors.ts';

/** Runs statements. Tables without a schema are those of the bot's own schema. */
export interface Sql {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Rejects with the errors of `pg`. pg-boss calls it through its option `db` and reads their codes. */
  executeSql(text: string, values?: readonly unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>;
}

export interface ConnectionOptions {
  readonly settings: DatabaseSettings;
  /** Access tokens by their scope. */
  readonly tokens: (scope: string) => () => Promise<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Limits a statement, and a transaction with all its statements. */
export const QUERY_LIMIT_MS = 5_000;
const CONNECT_LIMIT_MS = 4_000;
/** The pauses between attempts to connect double from the first to the longest. */
export const FIRST_RETRY_MS = 250;
export const MAX_RETRY_MS = 5_000;
/** The server ends the statements and transactions of a dead or stuck client and releases their locks. */
const SERVER_LIMITS = {
  statement_timeout: 2 * QUERY_LIMIT_MS,
  idle_in_transaction_session_timeout: 3 * QUERY_LIMIT_MS,
};
const IDLE_MS = 300_000;
/** pg-boss and the listener each have a connection of their own. */
const OTHER_CONNECTIONS = 2;

/** The options of every connection. Fields instead of a URL: `pg` reads an empty password from a URL without one. */
export function clientConfig({ settings, tokens }: ConnectionOptions) {
  const { host, port, database, user, signIn, tls, schema } = settings;
  const password = passwordOf(signIn, tokens);
  return {
    host,
    port,
    database,
    user,
    ...(password === undefined ? {} : { password }),
    ssl: tls === 'none' ? false : { rejectUnauthorized: tls === 'verified' },
    application_name: schema,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
  };
}

/** `pg` calls the function for each new connection. */
function passwordOf(signIn: DatabaseSettings['signIn'], tokens: ConnectionOptions['tokens']) {
  switch (signIn.kind) {
    case 'password':
      return signIn.password;
    case 'none':
      return undefined;
    case 'azureEntraId': {
      const token = tokens(signIn.scope);
      return () =>
        token().catch((cause: unknown) => {
          throw new StoreError('store_access_denied', 'no access token for the database', { cause });
        });
    }
  }
}

/** The connections of this instance that serve messages. Rejects with a StoreError. */
export class Connection implements Sql {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  /** Connects on first use. */
  constructor(options: ConnectionOptions) {
    const { settings, clock, log } = options;
    this.#clock = clock;
    this.#pool = new pg.Pool({
      ...clientConfig(options),
      ...SERVER_LIMITS,
      options: `-c search_path=${settings.schema}`,
      idleTimeoutMillis: IDLE_MS,
      max: settings.poolSize - OTHER_CONNECTIONS,
    });
    // The pool handles errors of idle connections only. An unhandled `error` event of any other connection would end
    // the process; its running statement rejects with the same error.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    this.#pool.on('error', (error) => log.debug({ reason: reasonOf(error) }, 'database connection lost'));
  }

  /**
   * `limitMs` bounds the wait for a connection and the statement together. Whether a late statement runs is unknown.
   */
  async query<Row extends object>(
    text: string,
    values: readonly unknown[] = [],
    limitMs = QUERY_LIMIT_MS,
  ): Promise<readonly Row[]> {
    const late = () => new Error('the statement took too long');
    const run = () => this.#pool.query<Row>(prepared(text, values, limitMs));
    try {
      return (await withDeadline({ clock: this.#clock, limitMs, late }, run)).rows;
    } catch (error) {
      throw storeFailure('a statement', error);
    }
  }

  executeSql(text: string, values: readonly unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> {
    return this.#pool.query(prepared(text, values, QUERY_LIMIT_MS));
  }

  /**
   * Runs `work` in a transaction and commits it. After `limitMs`, or when `work` rejects, the connection is closed and
   * nothing is stored; if the answer to COMMIT is lost, it is unknown whether it was stored.
   */
  async transaction<T>(work: (sql: Transaction) => Promise<T>, limitMs = QUERY_LIMIT_MS): Promise<T> {
    const beginning = this.#pool.connect().then((client) => new Transaction(client, limitMs));
    const running = beginning.then((transaction) => transaction.run(work));
    try {
      const late = () => new Error('the transaction took too long');
      return await withDeadline({ clock: this.#clock, limitMs, late }, () => running);
    } catch (error) {
      throw storeFailure('a transaction', error);
    } finally {
      // The connection may arrive after the deadline, so the transaction is ended whenever it begins. After success,
      // `run` has ended it, and this does nothing.
      beginning.then((transaction) => transaction.end({ isBroken: true })).catch(() => {});
    }
  }

  /** Waits for running statements. Safe to call twice. */
  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}

/** One transaction on a connection of its own. */
export class Transaction implements Sql {
  readonly #client: pg.PoolClient;
  readonly #limitMs: number;
  #isRolledBack = false;
  #isEnded = false;

  constructor(client: pg.PoolClient, limitMs: number) {
    this.#client = client;
    this.#limitMs = limitMs;
  }

  async run<T>(work: (sql: Transaction) => Promise<T>): Promise<T> {
    await this.query('BEGIN');
    const value = await work(this);
    if (!this.#isRolledBack) await this.query('COMMIT');
    this.end({ isBroken: false });
    return value;
  }

  /** Rolls the transaction back and ends it. Resolves with `value`. */
  async rollBack<T>(value: T): Promise<T> {
    this.#isRolledBack = true;
    await this.query('ROLLBACK');
    return value;
  }

  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.executeSql<Row>(text, values)).rows;
  }

  async executeSql<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<Row>> {
    return this.#client.query<Row>(prepared(text, values, this.#limitMs));
  }

  /** Returns the connection to the pool, or closes a broken one, which rolls back. Safe to call twice. */
  end({ isBroken }: { readonly isBroken: boolean }): void {
    if (!this.#isEnded) this.#client.release(isBroken);
    this.#isEnded = true;
  }
}

/**
 * Each connection parses and plans a prepared statement once: planning takes longer than running. Names have up to 63
 * bytes.
 */
function prepared(text: string, values: readonly unknown[], limitMs: number): pg.QueryConfig {
  const name = hash('sha256', text, 'base64url');
  // `query_timeout` of one statement is not in the types: pg/lib/client.js, `readTimeout`.
  const query: pg.QueryConfig & { query_timeout: number } = { name, text, values: [...values], query_timeout: limitMs };
  return query;
}
