import type { Clock } from '../clock.ts';
import { RESERVATION_MS } from '../conversation/limits/spending-store.ts';
import type { Logger } from '../log.ts';
import type { Connection } from './connection.ts';

/** Rows of one table that are kept no longer. */
export interface RetentionRule {
  readonly table: string;
  /** The column that names a row. */
  readonly key: string;
  /** The condition of the rows that leave; `$1` is `value`. */
  readonly expired: string;
  readonly value: unknown;
}

/** By the server's clock. `recordRetentionMs`: of conversations, and of what they have spent. */
export function retentionRules(recordRetentionMs: number): readonly RetentionRule[] {
  const before = "now() - $1 * interval '1 ms'";
  const today = "(now() AT TIME ZONE 'utc')::date";
  return [
    { table: 'conversations', key: 'key', expired: `updated_at < ${before}`, value: recordRetentionMs },
    { table: 'recording_links', key: 'id', expired: `expires_at < ${before}`, value: 0 },
    { table: 'audio', key: 'id', expired: `expires_at < ${before}`, value: 0 },
    {
      table: 'spending',
      key: 'ctid',
      expired: `CASE budget WHEN 'conversation' THEN updated_at < ${before} ELSE day < ${today} END`,
      value: recordRetentionMs,
    },
    { table: 'spending_reservations', key: 'job', expired: `reserved_at < ${before}`, value: RESERVATION_MS },
  ];
}

/** What retention needs. */
export interface RetentionOptions {
  readonly connection: Connection;
  /** Names the lock: one instance at a time deletes. */
  readonly schema: string;
  readonly rules: readonly RetentionRule[];
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

const MINUTE_MS = 60_000;
const FIRST_MS = 5 * MINUTE_MS;
const FIRST_SPREAD_MS = 10 * MINUTE_MS;
const EVERY_MS = 50 * MINUTE_MS;
const SPREAD_MS = 20 * MINUTE_MS;
/** Rows that one statement deletes: more would hold up others. */
const BATCH_ROWS = 300;

/** Deletes what is kept no longer: about once an hour, at times that differ between the instances. */
export class Retention {
  readonly #options: RetentionOptions;
  #isClosed = false;
  #cancel: () => void = () => {};

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Once. */
  start(): void {
    this.#runAfter(FIRST_MS, FIRST_SPREAD_MS);
  }

  /** Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  /** Deletes what is kept no longer by now. Never rejects: what fails is left for the next time. */
  async run(): Promise<void> {
    const { rules, log } = this.#options;
    for (const rule of rules) {
      try {
        const rowCount = await this.#deleteAll(rule);
        if (rowCount > 0) log.info({ table: rule.table, rowCount }, 'expired rows deleted');
      } catch (err) {
        log.warn({ err, table: rule.table }, 'expired rows not deleted');
        return;
      }
    }
  }

  async #deleteAll(rule: RetentionRule): Promise<number> {
    let rowCount = 0;
    for (;;) {
      const deletedCount = this.#isClosed ? 0 : await this.#deleteBatch(rule);
      rowCount += deletedCount;
      if (deletedCount < BATCH_ROWS) return rowCount;
    }
  }

  /** 0 while another instance deletes. */
  #deleteBatch({ table, key, expired, value }: RetentionRule): Promise<number> {
    const { connection, schema } = this.#options;
    return connection.transaction(async (sql) => {
      const lock = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS "isHeld"';
      const [row] = await sql.query<{ isHeld: boolean }>(lock, [`retention of ${schema}`]);
      if (row?.isHeld !== true) return 0;
      const rows = `SELECT ${key} FROM ${table} WHERE ${expired} LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED`;
      const deleted = await sql.query(`DELETE FROM ${table} WHERE ${key} IN (${rows}) RETURNING ${key}`, [value]);
      return deleted.length;
    });
  }

  #runAfter(delayMs: number, spreadMs: number): void {
    if (this.#isClosed) return;
    const { clock, random = Math.random } = this.#options;
    this.#cancel = clock.after(delayMs + Math.floor(random() * spreadMs), async () => {
      await this.run();
      this.#runAfter(EVERY_MS, SPREAD_MS);
    });
  }
}
