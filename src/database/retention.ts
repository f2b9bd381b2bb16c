import { RESERVATION_MS } from '../conversation/limits/spending-store.ts';
import type { DatabaseServices } from './services.ts';

const MINUTE_MS = 60_000;
const FIRST_MS = 5 * MINUTE_MS;
const FIRST_SPREAD_MS = 10 * MINUTE_MS;
const INTERVAL_MS = 50 * MINUTE_MS;
const INTERVAL_SPREAD_MS = 20 * MINUTE_MS;
/** Limits the rows of one statement: a longer one would delay messages. */
const BATCH_ROWS = 300;

/** For each table, the column that identifies a row and the condition of expired rows, by the server's clock. */
function expiredRows(recordRetentionMs: number, auditRetentionMs: number) {
  const before = (ms: number) => `< now() - interval '${ms} ms'`;
  const today = "(now() AT TIME ZONE 'utc')::date";
  const spent = `CASE budget WHEN 'conversation' THEN updated_at ${before(recordRetentionMs)} ELSE day < ${today} END`;
  // Expired conversations are deleted first.
  const hasNoConversation = 'NOT EXISTS (SELECT FROM conversations WHERE key = tool_permissions.conversation)';
  return [
    ['conversations', 'key', `updated_at ${before(recordRetentionMs)}`],
    ['tool_permissions', 'ctid', `allowed_at ${before(recordRetentionMs)} AND ${hasNoConversation}`],
    ['recording_links', 'id', 'expires_at < now()'],
    ['audio', 'id', 'expires_at < now()'],
    ['approvals', 'id', 'expires_at < now()'],
    ['spending', 'ctid', spent],
    ['tool_audit', 'seq', `at ${before(auditRetentionMs)}`],
    ['spending_reservations', 'job', `reserved_at ${before(RESERVATION_MS)}`],
  ] as const;
}

type RetentionServices = Pick<
  DatabaseServices,
  'connection' | 'settings' | 'clock' | 'random' | 'log' | 'recordRetentionMs' | 'auditRetentionMs'
>;

/** Deletes expired rows about once an hour, at times that differ between instances. */
export class Retention {
  readonly #services: RetentionServices;
  #isClosed = false;
  #cancel: () => void = () => {};

  constructor(services: RetentionServices) {
    this.#services = services;
  }

  start(): void {
    this.#runAfter(FIRST_MS, FIRST_SPREAD_MS);
  }

  /** Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  /** Deletes the expired rows. Never rejects: the next run deletes the rest. */
  async run(): Promise<void> {
    const { log, recordRetentionMs, auditRetentionMs } = this.#services;
    for (const [table, idColumn, condition] of expiredRows(recordRetentionMs, auditRetentionMs)) {
      try {
        let rowCount = 0;
        let deletedCount = BATCH_ROWS;
        while (deletedCount === BATCH_ROWS && !this.#isClosed) {
          deletedCount = await this.#deleteBatch(table, idColumn, condition);
          rowCount += deletedCount;
        }
        if (rowCount > 0) log.info({ table, rowCount }, 'expired rows deleted');
      } catch (err) {
        log.warn({ err, table }, 'expired rows not deleted');
        return;
      }
    }
  }

  /** One instance deletes at a time. Resolves with the number of deleted rows, 0 on the others. */
  #deleteBatch(table: string, idColumn: string, condition: string): Promise<number> {
    const { connection, settings } = this.#services;
    return connection.transaction(async (sql) => {
      const lock = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS "isHeld"';
      const [row] = await sql.query<{ isHeld: boolean }>(lock, [`retention of ${settings.schema}`]);
      if (row?.isHeld !== true) return 0;
      const rows = `SELECT ${idColumn} FROM ${table} WHERE ${condition} LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED`;
      return (await sql.query(`DELETE FROM ${table} WHERE ${idColumn} IN (${rows}) RETURNING ${idColumn}`)).length;
    });
  }

  #runAfter(delayMs: number, spreadMs: number): void {
    if (this.#isClosed) return;
    const { clock, random } = this.#services;
    this.#cancel = clock.after(delayMs + random() * spreadMs, async () => {
      await this.run();
      this.#runAfter(INTERVAL_MS, INTERVAL_SPREAD_MS);
    });
  }
}
