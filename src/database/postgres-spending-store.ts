import {
  type BudgetUse,
  budgetsOf,
  checkBudgets,
  NEAR_SHARE,
  RESERVATION_MS,
  type SpendingStore,
} from '../conversation/limits/spending-store.ts';
import { StoreError } from '../errors.ts';
import type { Sql } from './connection.ts';
import { storedKey } from './names.ts';

/** The day of a budget's row. The budget of a conversation has one row for all days. */
const rowDay = (day: string) => `CASE budget WHEN 'conversation' THEN date '-infinity' ELSE ${day} END`;
const TODAY = "(now() AT TIME ZONE 'utc')::date";
const DAY_RESERVED = "(reserved_at AT TIME ZONE 'utc')::date";
const IS_OPEN = `reserved_at > now() - interval '${RESERVATION_MS} ms'`;
const ACCOUNTS =
  "LATERAL (VALUES ('conversation', conversation), ('person', person), ('day', '')) AS own (budget, account)";

/**
 * Checks and counts in one statement, so that an instance that freezes holds no lock. Locks the job's reservation, then
 * the rows of its budgets in the order of their names, as SETTLE does, which avoids deadlocks. A locked row is read in
 * its newest version. Counts nothing if a row is missing. Two concurrent first attempts both count: too much, never too
 * little.
 *
 * The commit does not wait for the disk, since every turn waits for it: a crash of the server may lose its last second.
 */
const RESERVE = `
  WITH earlier AS (
    SELECT usd, ${DAY_RESERVED} AS day FROM spending_reservations WHERE job = $1 AND ${IS_OPEN} FOR UPDATE
  ), wanted AS (
    SELECT budget, account, ${rowDay(TODAY)} AS day, limit_usd,
      CASE WHEN budget = 'conversation' OR earlier.day = ${TODAY} THEN coalesce(earlier.usd, 0) ELSE 0 END AS earlier_usd
    FROM unnest($5::text[], $6::text[], $7::float8[]) AS wanted (budget, account, limit_usd)
      CROSS JOIN (SELECT set_config('synchronous_commit', 'off', true)) AS quick LEFT JOIN earlier ON true
  ), used AS (
    SELECT budget, account, day, limit_usd, spending.usd - earlier_usd AS used_usd, is_near
    FROM wanted JOIN spending USING (budget, account, day) ORDER BY budget FOR UPDATE OF spending
  ), verdict AS (
    SELECT count(*) = cardinality($5::text[]) AND bool_and(used_usd + $4::float8 <= limit_usd) AS fits FROM used
  ), counted AS (
    UPDATE spending SET usd = used_usd + $4::float8, updated_at = now(),
      is_near = used.is_near OR used_usd + $4::float8 >= ${NEAR_SHARE} * limit_usd
    FROM used, verdict
    WHERE fits AND (spending.budget, spending.account, spending.day) = (used.budget, used.account, used.day)
  ), reserved AS (
    INSERT INTO spending_reservations (job, conversation, person, usd) SELECT $1, $2, $3, $4::float8 FROM verdict WHERE fits
    ON CONFLICT (job) DO UPDATE SET usd = excluded.usd, reserved_at = now()
  )
  SELECT budget, used_usd, is_near FROM used`;
const CREATE = `
  INSERT INTO spending (budget, account, day)
  SELECT budget, account, ${rowDay(TODAY)} FROM unnest($1::text[], $2::text[]) AS new (budget, account) ORDER BY budget
  ON CONFLICT (budget, account, day) DO NOTHING`;
/** A reservation that is never settled stays counted as spent. */
const SETTLE = `
  WITH ended AS (
    DELETE FROM spending_reservations WHERE job = $1 AND ${IS_OPEN}
    RETURNING conversation, person, usd AS reserved_usd, ${DAY_RESERVED} AS day_reserved
  ), own AS (
    SELECT budget, account, ${rowDay('day_reserved')} AS day, reserved_usd FROM ended, ${ACCOUNTS}
  ), used AS (
    SELECT budget, account, day, reserved_usd
    FROM own JOIN spending USING (budget, account, day) ORDER BY budget FOR UPDATE OF spending
  )
  UPDATE spending SET usd = greatest(0, usd - reserved_usd + $2::float8), updated_at = now()
  FROM used WHERE (spending.budget, spending.account, spending.day) = (used.budget, used.account, used.day)`;
/** At midnight, retention may delete a row between its creation and its use. */
const MAX_TRIES = 3;

interface UseRow {
  readonly budget: string;
  readonly used_usd: number;
  readonly is_near: boolean;
}

/** Spending in PostgreSQL: one row for each day, person and day, and conversation, and one for each reservation. */
export function createPostgresSpendingStore(sql: Sql): SpendingStore {
  return {
    async reserve({ jobId, conversation, person, usd }, budgets) {
      const owners = { conversation: storedKey(conversation), person: storedKey(person) };
      const all = budgetsOf(budgets, owners);
      const accounts = [all.map(({ budget }) => budget), all.map(({ owner }) => owner)];
      const limits = all.map(({ limitUsd }) => limitUsd);
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const values = [jobId, owners.conversation, owners.person, usd, ...accounts, limits];
        const rows = await sql.query<UseRow>(RESERVE, values);
        if (rows.length === limits.length) return checkBudgets(usesOf(rows, all), usd);
        await sql.query(CREATE, accounts);
      }
      throw new StoreError('store_unavailable', 'budget rows deleted concurrently; gave up');
    },
    async settle(jobId, usd) {
      await sql.query(SETTLE, [jobId, usd]);
    },
  };
}

function usesOf(rows: readonly UseRow[], budgets: ReturnType<typeof budgetsOf>): readonly BudgetUse[] {
  return budgets.flatMap((each) => {
    const row = rows.find(({ budget }) => budget === each.budget);
    return row === undefined ? [] : [{ ...each, usedUsd: row.used_usd, isLogged: row.is_near }];
  });
}
