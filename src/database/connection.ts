import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import type { DatabaseSettings } from '../config/database-settings.ts';
import { withDeadline } from '../deadline.ts';
import { StoreError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { storeFailure } from './errors.ts';

/** Runs statements, each by itself or all in one transaction. Tables without a schema are those of the bot's own. */
export interface Sql {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** The same, as pg-boss wants it for its option `db`. */
  executeSql(text: string, values?: readonly unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>;
}

/** How a transaction ends. */
export type Ending<T> =
  | { readonly kind: 'commit'; readonly value: T }
  | { readonly kind: 'rollBack'; readonly value: T };

export function commit<T>(value: T): Ending<T> {
  return { kind: 'commit', value };
}

export function rollBack<T>(value: T): Ending<T> {
  return { kind: 'rollBack', value };
}

/** What a connection needs. */
export interface ConnectionOptions {
  readonly settings: DatabaseSettings;
  /** Access tokens by their scope. */
  readonly tokens: (scope: string) => () => Promise<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long a statement, or a transaction with all of its statements, may take. */
export const QUERY_LIMIT_MS = 5_000;
const CONNECT_LIMIT_MS = 4_000;
/** Ends on the server what a client that is gone or stuck has left behind, with its locks. */
const SERVER_LIMITS = {
  statement_timeout: 2 * QUERY_LIMIT_MS,
  idle_in_transaction_session_timeout: 3 * QUERY_LIMIT_MS,
};
const IDLE_MS = 300_000;
/** Of the connections of an instance, pg-boss has one and the listener another. */
const OTHER_CONNECTIONS = 2;

/** What every connection of the bot has in common. Fields and no URL: that of a URL without a password has an empty one. */
export function clientConfig({ settings, tokens }: ConnectionOptions) {
  const { host, port, database, user, signIn, tls, schema } = settings;
  return {
    ...{ host, port, database, user },
    password: passwordOf(signIn, tokens),
    ssl: tls === 'none' ? false : { rejectUnauthorized: tls === 'verified' },
    application_name: schema,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
  };
}

/** Asked for at each new connection. */
function passwordOf(signIn: DatabaseSettings['signIn'], tokens: ConnectionOptions['tokens']) {
  switch (signIn.kind) {
    case 'password':
      return signIn.password;
    case 'none':
      return undefined;
    case 'azureEntraId': {
      const token = tokens(signIn.scope);
      return async () => {
        try {
          return await token();
        } catch (cause) {
          throw new StoreError('store_refused', 'no access token for the database', { cause });
        }
      };
    }
  }
}

/** The connections of this instance over which messages go. Rejects with a StoreError. */
export class Connection implements Sql {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  /** Connects when it is first used. */
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
    // The pool listens to idle connections alone. One that breaks in the moment in which it is handed out, or later, would
    // end the process: the statement under way rejects with the same error.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    // A connection that breaks while nobody uses it: the pool makes another.
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

  /** Rejects with the errors of `pg`, whose codes pg-boss looks at. */
  executeSql(text: string, values: readonly unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> {
    return this.#pool.query(prepared(text, values));
  }

  /**
   * Runs `work` in a transaction. When it takes longer than `limitMs`, or fails, the connection is closed and nothing is
   * stored; only a COMMIT whose answer is lost leaves that open.
   */
  async transaction<T>(work: (sql: Sql) => Promise<Ending<T>>, limitMs = QUERY_LIMIT_MS): Promise<T> {
    const transaction = new Transaction(this.#pool, limitMs);
    try {
      const late = () => new Error('the transaction took too long');
      return await withDeadline({ clock: this.#clock, limitMs, late }, () => transaction.run(work));
    } catch (error) {
      throw storeFailure('a transaction', error);
    } finally {
      transaction.end();
    }
  }

  /** Waits for running statements. Safe to call twice. */
  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}

/** One transaction on a connection of its own. */
class Transaction implements Sql {
  readonly #pool: pg.Pool;
  readonly #limitMs: number;
  #client: pg.PoolClient | undefined;
  #isEnded = false;

  constructor(pool: pg.Pool, limitMs: number) {
    this.#pool = pool;
    this.#limitMs = limitMs;
  }

  async run<T>(work: (sql: Sql) => Promise<Ending<T>>): Promise<T> {
    const client = await this.#pool.connect();
    this.#client = client;
    if (this.#isEnded) this.end();
    await this.query('BEGIN');
    const { kind, value } = await work(this);
    await this.query(kind === 'commit' ? 'COMMIT' : 'ROLLBACK');
    this.#release();
    return value;
  }

  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.#run<Row>(text, values)).rows;
  }

  executeSql(text: string, values: readonly unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> {
    return this.#run(text, values);
  }

  /** Closes the connection of a transaction that is not over, which rolls it back. */
  end(): void {
    this.#isEnded = true;
    this.#release(true);
  }

  #run<Row extends object>(text: string, values: readonly unknown[]): Promise<pg.QueryResult<Row>> {
    const client = this.#client;
    if (client === undefined) throw new StoreError('store_unavailable', 'the transaction took too long');
    // `query_timeout` of one statement is not in the types: pg/lib/client.js, `readTimeout`.
    const query: pg.QueryConfig & { query_timeout: number } = {
      ...prepared(text, values),
      query_timeout: this.#limitMs,
    };
    return client.query<Row>(query);
  }

  #release(isBroken = false): void {
    this.#client?.release(isBroken);
    this.#client = undefined;
  }
}

/**
 * A statement that a connection parses and plans once: planning takes longer than running it. Their texts are constants
 * here and in pg-boss; a name is at most 63 bytes long.
 */
function prepared(text: string, values: readonly unknown[]): pg.QueryConfig {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url');
    names.set(text, name);
  }
  return { name, text, values: [...values] };
}

const names = new Map<string, string>();
