import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { Connection } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrations.ts';
import { Retention, retentionRules } from '../../src/database/retention.ts';
import { createLogger } from '../../src/log.ts';
import { connectionOptions } from '../support/database.ts';
import { sharedPostgres } from '../support/postgres.ts';

const SCHEMA = 'voice_bot';
const DAY_MS = 86_400_000;
const TABLES = ['audio', 'recording_links', 'conversations', 'spending', 'spending_reservations'] as const;

let connection: Connection;
before(async () => {
  const url = await (await sharedPostgres()).createDatabase();
  connection = new Connection(connectionOptions(url));
  await migrate(connection, SCHEMA);
});
after(() => connection.close());

async function rowsIn(table: (typeof TABLES)[number]): Promise<number> {
  const [row] = await connection.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
  return row?.count ?? -1;
}

/** Rows of each table, changed or expired so many days ago. */
async function fill(days: number, count: number): Promise<void> {
  const series = `generate_series(1, ${count}) AS each`;
  const at = `(now() - interval '${days} days')`;
  const id = `'${days}-' || each`;
  await connection.query(`INSERT INTO audio
    (id, link_key, conversation, transcript, duration_ms, byte_length, wav, saved_at, expires_at)
    SELECT ${id}, '', '', '', 0, 0, '', ${at}, ${at} FROM ${series}`);
  await connection.query(`INSERT INTO recording_links (id, conversation, person, link, expires_at)
    SELECT ${id}, ${id}, '', '{}', ${at} FROM ${series}`);
  await connection.query(`INSERT INTO conversations (key, version, record, updated_at)
    SELECT ${id}, 3, '{}', ${at} FROM ${series}`);
  await connection.query(`INSERT INTO spending (budget, account, day, updated_at)
    SELECT 'conversation', ${id}, '-infinity', ${at} FROM ${series}`);
  await connection.query(`INSERT INTO spending (budget, account, day)
    SELECT 'person', ${id}, (${at} AT TIME ZONE 'utc')::date FROM ${series}`);
  await connection.query(`INSERT INTO spending_reservations (job, conversation, person, usd, reserved_at)
    SELECT ${id}, '', '', 1, ${at} FROM ${series}`);
}

describe('what is kept no longer', () => {
  it('is deleted from every table, however much it is, and nothing else', async () => {
    await fill(31, 250);
    await fill(29, 3);
    await fill(-1, 2);
    const rules = retentionRules(30 * DAY_MS);
    const log = createLogger('silent');
    await new Retention({ connection, schema: SCHEMA, rules, clock: systemClock, log }).run();
    const left = await Promise.all(TABLES.map(rowsIn));
    // Of 29 days: the records and what their conversations have spent.
    assert.deepEqual(left, [2, 2, 5, 7, 2]);
  });
});
