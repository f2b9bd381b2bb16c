import { hash } from 'node:crypto';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import type { DatabaseSettings } from '../config/database-settings.ts';
import { withDeadline } from '../deadline.ts';
import { StoreError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { storeFailure } from './errors.ts';

/** Runs statements. Tables without a schema are those of the bot's own schema. */
export interface Sql {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Rejects with the errors of `pg`, whose codes pg-boss reads: its option `db`. */
  executeSql(text: string, values?: readonly unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>;
}

/** What a connection needs. */
export interface ConnectionOptions {
  readonly settings: DatabaseSettings;
  /** Access tokens by their scope. */
  readonly tokens: (scope: string) => () => Promise<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Bound of a statement, and of a transaction with all its statements. */
export const QUERY_LIMIT_MS = 5_000;
const CONNECT_LIMIT_MS = 4_000;
/** The server ends what a client that is gone or stuck has left behind, and releases its locks. */
const SERVER_LIMITS = {
  statement_timeout: 2 * QUERY_LIMIT_MS,
  idle_in_transaction_session_timeout: 3 * QUERY_LIMIT_MS,
};
const IDLE_MS = 300_000;
/** Of the connections of an instance, pg-boss has one and the listener another. */
const OTHER_CONNECTIONS = 2;

/** What every connection has in common. Fields instead of a URL: `pg` reads an empty password from a URL without one. */
export function clientConfig({ settings, tokens }: ConnectionOptions) {
  const { host, port, database, user, signIn, tls, schema } = settings;
  const password = passwordOf(signIn, tokens);
  return {
    ...{ host, port, database, user },
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
          throw new StoreError('store_refused', 'no access token for the database', { cause });
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
      query_timeout: QUERY_LIMIT_MS,
      idleTimeoutMillis: IDLE_MS,
      max: settings.poolSize - OTHER_CONNECTIONS,
    });
    // The pool listens to idle connections only. An unheard error of any other would end the process; the statement that
    // it runs rejects with the same error.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    this.#pool.on('error', (error) =>
      log.debug({ reason: storeFailure('waiting', error).reason }, 'database connection lost'),
    );
  }

  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      return (await this.#pool.query<Row>(prepared(text, values))).rows;
    } catch (error) {
      throw storeFailure('a statement', error);
    }
  }

  executeSql(text: string, values: readonly unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> {
    return this.#pool.query(prepared(text, values));
  }

  /**
   * Runs `work` in a transaction and commits it. After `limitMs`, or when `work` rejects, the connection is closed and
   * nothing is stored; only a COMMIT whose answer is lost leaves that open.
   */
  async transaction<T>(work: (sql: Transaction) => Promise<T>, limitMs = QUERY_LIMIT_MS): Promise<T> {
    const beginning = this.#pool.connect().then((client) => new Transaction(client, limitMs));
    const ending = beginning.then((transaction) => transaction.run(work));
    try {
      const late = () => new Error('the transaction took too long');
      return await withDeadline({ clock: this.#clock, limitMs, late }, () => ending);
    } catch (error) {
      throw storeFailure('a transaction', error);
    } finally {
      // Also one that gets its connection only later.
      beginning.then((transaction) => transaction.end(true)).catch(() => {});
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
    this.end(false);
    return value;
  }

  /** Undoes everything, as the last statement. Resolves with `value`. */
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
    // `query_timeout` of one statement is not in the types: pg/lib/client.js, `readTimeout`.
    const timeout: pg.QueryConfig & { query_timeout: number } = {
      ...prepared(text, values),
      query_timeout: this.#limitMs,
    };
    return this.#client.query<Row>(timeout);
  }

  /** Gives the connection back, or closes it, which rolls back. Safe to call twice. */
  end(isBroken: boolean): void {
    if (!this.#isEnded) this.#client.release(isBroken);
    this.#isEnded = true;
  }
}

/** A statement that a connection parses and plans once: planning takes longer than running. Names have up to 63 bytes. */
function prepared(text: string, values: readonly unknown[]): pg.QueryConfig {
  return { name: hash('sha256', text, 'base64url'), text, values: [...values] };
}
