import { checkBudgets, limitedBudgets } from '../conversation/limits/check-budgets.ts';
import {
  type Budgets,
  RESERVATION_MS,
  type Reservation,
  type ReserveResult,
  type SpendingStore,
} from '../conversation/limits/spending-store.ts';
import { type Connection, commit, rollBack } from './connection.ts';
import { storedKey } from './names.ts';

/** As it is for a conversation, whose money is counted over all days. */
const DAY = "CASE budget WHEN 'conversation' THEN date '-infinity' ELSE (now() AT TIME ZONE 'utc')::date END";
const IS_OPEN = `reserved_at > now() - interval '${RESERVATION_MS} ms'`;

/**
 * The lock makes reservations one after another, over all instances: what the statement behind it reads is all that was
 * reserved before. It is taken before any row, so that nobody who waits for it holds one. The commit does not wait for
 * the disk, since every turn waits for it: a crash of the server may lose reservations of its last second.
 */
const RESERVE = `
  INSERT INTO spending_reservations (job, conversation, person, usd)
  SELECT $1, $2, $3, $4::float8
  FROM (SELECT pg_advisory_xact_lock(hashtextextended($5, 0)), set_config('synchronous_commit', 'off', true)) AS locked
  ON CONFLICT (job) DO UPDATE SET usd = excluded.usd, reserved_at = now()`;
const USES = `
  SELECT budget, coalesce(spending.usd, 0) + coalesce((
      SELECT sum(usd) FROM spending_reservations AS other
      WHERE job <> $1 AND ${IS_OPEN} AND CASE budget
        WHEN 'conversation' THEN other.conversation = account WHEN 'person' THEN other.person = account ELSE true END
    ), 0) AS used_usd, coalesce(is_near, false) AS is_near
  FROM (SELECT budget, account, ${DAY} AS day FROM unnest($2::text[], $3::text[]) AS limited (budget, account)) AS limited
  LEFT JOIN spending USING (budget, account, day)`;
/** Rows are locked in the same order as by SETTLE, so that none waits for another in a circle. */
const NOTE_NEAR = `
  INSERT INTO spending (budget, account, day, is_near)
  SELECT budget, account, ${DAY}, true FROM unnest($1::text[], $2::text[]) AS near (budget, account) ORDER BY budget
  ON CONFLICT (budget, account, day) DO UPDATE SET is_near = true`;
const SETTLE = `
  WITH ended AS (
    DELETE FROM spending_reservations WHERE job = $1 AND ${IS_OPEN} RETURNING conversation, person
  )
  INSERT INTO spending (budget, account, day, usd)
  SELECT budget, account, ${DAY}, $2::float8
  FROM ended, LATERAL (VALUES ('conversation', conversation), ('person', person), ('day', '')) AS spent (budget, account)
  ORDER BY budget
  ON CONFLICT (budget, account, day) DO UPDATE SET usd = spending.usd + excluded.usd, updated_at = now()`;

interface UseRow {
  readonly budget: string;
  readonly used_usd: number;
  readonly is_near: boolean;
}

/** Spending in PostgreSQL: one row for each day, person and day, and conversation, and one for each reservation. */
export class PostgresSpendingStore implements SpendingStore {
  readonly #connection: Connection;
  readonly #lock: string;

  /** `schema`: tells the locks of bots in one database apart. */
  constructor(connection: Connection, schema: string) {
    this.#connection = connection;
    this.#lock = `spending of ${schema}`;
  }

  reserve({ jobId, conversation, person, usd }: Reservation, budgets: Budgets): Promise<ReserveResult> {
    const owners = { conversation: storedKey(conversation), person: storedKey(person) };
    const limited = limitedBudgets(budgets, owners);
    return this.#connection.transaction<ReserveResult>(async (sql) => {
      await sql.query(RESERVE, [jobId, owners.conversation, owners.person, usd, this.#lock]);
      const rows = await sql.query<UseRow>(USES, [jobId, ...columnsOf(limited)]);
      const uses = limited.flatMap((each) => {
        const row = rows.find(({ budget }) => budget === each.budget);
        return row === undefined ? [] : [{ ...each, usedUsd: row.used_usd, isNear: row.is_near }];
      });
      const result = checkBudgets(uses, usd);
      // What the job had reserved before stays.
      if (result.kind === 'overBudget') return rollBack(result);
      const near = uses.filter(({ budget }) => result.nearLimit.includes(budget));
      if (near.length > 0) await sql.query(NOTE_NEAR, columnsOf(near));
      return commit(result);
    });
  }

  async settle(jobId: string, usd: number): Promise<void> {
    await this.#connection.query(SETTLE, [jobId, usd]);
  }
}

function columnsOf(limited: readonly { readonly budget: string; readonly owner: string }[]): [string[], string[]] {
  return [limited.map(({ budget }) => budget), limited.map(({ owner }) => owner)];
}
