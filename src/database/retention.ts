import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type Connection, commit } from './connection.ts';

export interface RetentionOptions {
  readonly connection: Connection;
  readonly schema: string;
  /** Of conversations, and of what they have spent. */
  readonly recordRetentionMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 up to 1: instances that started together run at different times. */
  readonly random: () => number;
}

const INTERVAL_MS = 300_000;
/** A statement stays short, also where much has expired at once. The rest follows in the next one. */
const MAX_ROWS = 100;
const MAX_STATEMENTS = 200;

/** What expires in each table, by the server's clock; $1 is the retention of records in seconds. */
const EXPIRED = {
  audio: 'expires_at <= now()',
  recording_links: 'expires_at <= now()',
  conversations: "updated_at <= now() - $1 * interval '1 second'",
  spending: `CASE budget WHEN 'conversation' THEN updated_at <= now() - $1 * interval '1 second'
    ELSE day < (now() AT TIME ZONE 'utc')::date END`,
  spending_reservations: "reserved_at <= now() - interval '1 hour'",
} as const;

/** Deletes what is older than its retention, from time to time, on one instance at a time. */
export class Retention {
  readonly #options: RetentionOptions;
  #cancelTimer = () => {};
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** The first pass follows within five minutes. */
  start(): void {
    this.#schedule(INTERVAL_MS * this.#options.random());
  }

  /** Resolves when nothing runs. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    await this.#running;
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#running = this.#run().then(() => this.#schedule(INTERVAL_MS));
    });
  }

  /** What fails is tried again with the next pass. */
  async #run(): Promise<void> {
    try {
      for (const table of Object.keys(EXPIRED) as (keyof typeof EXPIRED)[]) await this.#empty(table);
    } catch (err) {
      this.#options.log.warn({ err }, 'expired rows not deleted');
    }
  }

  async #empty(table: keyof typeof EXPIRED): Promise<void> {
    for (let count = 0; count < MAX_STATEMENTS && !this.#isClosed; count++) {
      if ((await this.#deleteSome(table)) < MAX_ROWS) return;
    }
  }

  /** How many were deleted; none while another instance is at it. */
  #deleteSome(table: keyof typeof EXPIRED): Promise<number> {
    const { connection, schema, recordRetentionMs } = this.#options;
    const condition = EXPIRED[table];
    const values = condition.includes('$1') ? [recordRetentionMs / 1000] : [];
    return connection.transaction(async (sql) => {
      const [lock] = await sql.query<{ is_free: boolean }>(
        'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS is_free',
        [`retention of ${schema}`],
      );
      if (lock?.is_free !== true) return commit(0);
      const deleted = await sql.query(
        `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${MAX_ROWS} FOR UPDATE SKIP LOCKED))
        RETURNING 1`,
        values,
      );
      return commit(deleted.length);
    });
  }
}
