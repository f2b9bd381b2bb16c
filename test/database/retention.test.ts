import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Connection, commit } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrations.ts';
import { Retention, retentionRules } from '../../src/database/retention.ts';
import { watchedLog } from '../channel/watched-log.ts';
import { connectionOptions } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { sharedPostgres } from '../support/postgres.ts';

const SCHEMA = 'voice_bot';
const DAY_MS = 86_400_000;
const FIRST_MS = 5 * 60_000;
const EVERY_MS = 50 * 60_000;
const TABLES = ['audio', 'recording_links', 'conversations', 'spending', 'spending_reservations'] as const;

let url: string;
let connection: Connection;
before(async () => {
  url = await (await sharedPostgres()).createDatabase();
  connection = new Connection(connectionOptions(url));
  await migrate(connection, SCHEMA);
});
after(() => connection.close());
beforeEach(() => connection.query(`TRUNCATE ${TABLES.join(', ')}`));

function retention(fields: { readonly connection?: Connection } = {}) {
  const [clock, log] = [new ManualClock(), watchedLog()];
  const rules = retentionRules(30 * DAY_MS);
  const options = { connection, schema: SCHEMA, rules, clock, log: log.log, random: () => 0 };
  return { clock, log, retention: new Retention({ ...options, ...fields }) };
}

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
  await connection.query(`INSERT INTO recording_links (id, conversation, person, invitation, expires_at)
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

describe('retention', () => {
  it('deletes what has expired, however much it is, and nothing else', async () => {
    await fill(31, 250);
    await fill(29, 3);
    await fill(-1, 2);
    await retention().retention.run();
    const left = await Promise.all(TABLES.map(rowsIn));
    // Of 29 days: the records and what their conversations have spent.
    assert.deepEqual(left, [2, 2, 5, 7, 2]);
  });

  it('runs on one instance at a time', async () => {
    await fill(31, 1);
    await connection.transaction(async (sql) => {
      await sql.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`retention of ${SCHEMA}`]);
      await retention().retention.run();
      return commit(undefined);
    });
    assert.equal(await rowsIn('audio'), 1);
    await retention().retention.run();
    assert.equal(await rowsIn('audio'), 0);
  });

  it('runs again and again, also after a pass that failed', async () => {
    const gone = new Connection(connectionOptions(url.replace(/\/\w+$/, '/missing')));
    const { clock, log, retention: failing } = retention({ connection: gone });
    failing.start();
    for (const delayMs of [FIRST_MS, EVERY_MS]) {
      await clock.whenWaiting(delayMs);
      await clock.advance(delayMs);
    }
    await clock.whenWaiting(EVERY_MS);
    failing.close();
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['warn', 'warn'],
    );
    await gone.close();
  });
});
