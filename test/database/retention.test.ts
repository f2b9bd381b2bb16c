import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { ConversationRecord } from '../../src/conversation/records.ts';
import { Connection } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrations.ts';
import { Retention } from '../../src/database/retention.ts';
import { connectionOptions } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { openedDatabase } from './open-database.ts';

const DAY_MS = 86_400_000;
const TABLES = [
  'audio',
  'approvals',
  'tool_permissions',
  'recording_links',
  'conversations',
  'spending',
  'spending_reservations',
  'tool_audit',
] as const;

let url: string;
let connection: Connection;
before(async () => {
  url = await (await sharedPostgres()).createDatabase();
  connection = new Connection(connectionOptions(url));
  await migrate(connection, 'voice_bot');
});
beforeEach(() => connection.query(`TRUNCATE ${TABLES}`));
after(() => connection.close());

function retention(clock = systemClock as typeof systemClock | ManualClock): Retention {
  return new Retention({
    ...connectionOptions(url),
    connection,
    clock,
    random: () => 0.5,
    recordRetentionMs: 30 * DAY_MS,
    auditRetentionMs: 30 * DAY_MS,
  });
}

async function rowsIn(table: (typeof TABLES)[number]): Promise<number> {
  const [row] = await connection.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
  return row?.count ?? -1;
}

/** Rows of each table, changed or expired this many days ago. */
async function fill(days: number, count: number): Promise<void> {
  const series = `generate_series(1, ${count}) AS each`;
  const at = `(now() - interval '${days} days')`;
  const id = `'${days}-' || each`;
  await connection.query(`INSERT INTO audio
    (id, link_key, conversation, transcript, duration_ms, byte_length, wav, saved_at, expires_at)
    SELECT ${id}, '', '', '', 0, 0, '', ${at}, ${at} FROM ${series}`);
  await connection.query(`INSERT INTO approvals (id, conversation, person, approval, expires_at)
    SELECT ${id}, '', '', '{}', ${at} FROM ${series}`);
  await connection.query(`INSERT INTO recording_links (id, conversation, person, link, expires_at)
    SELECT ${id}, ${id}, '', '{}', ${at} FROM ${series}`);
  await connection.query(`INSERT INTO conversations (key, version, record, updated_at)
    SELECT ${id}, 3, '{}', ${at} FROM ${series}`);
  await connection.query(`INSERT INTO tool_permissions (conversation, person, origin, tool, digest, allowed_at)
    SELECT ${id}, '', '', '', '', ${at} FROM ${series}`);
  await connection.query(`INSERT INTO spending (budget, account, day, updated_at)
    SELECT 'conversation', ${id}, '-infinity', ${at} FROM ${series}`);
  await connection.query(`INSERT INTO spending (budget, account, day)
    SELECT 'person', ${id}, (${at} AT TIME ZONE 'utc')::date FROM ${series}`);
  await connection.query(`INSERT INTO spending_reservations (job, conversation, person, usd, reserved_at)
    SELECT ${id}, '', '', 1, ${at} FROM ${series}`);
  await connection.query(`INSERT INTO tool_audit (at, event, turn, conversation, asker, tool, origin, arguments_hash)
    SELECT ${at}, 'done', ${id}, '', '', '', '', '' FROM ${series}`);
}

describe('retention', () => {
  it('deletes the expired rows of every table in several statements, and nothing else', async () => {
    await fill(31, 650);
    await fill(29, 3);
    await fill(-1, 2);
    await retention().run();
    // 29 days old: the records and the spending of their conversations.
    assert.deepEqual(await Promise.all(TABLES.map(rowsIn)), [2, 2, 5, 2, 5, 7, 2, 5]);
  });

  it('keeps a permission as long as its conversation goes on', async () => {
    await connection.query("INSERT INTO conversations (key, version, record) VALUES ('goes on', 3, '{}')");
    await connection.query(`INSERT INTO tool_permissions (conversation, person, origin, tool, digest, allowed_at)
      SELECT each, '', '', '', '', now() - interval '31 days' FROM unnest(ARRAY['goes on', 'is gone']) each`);
    await retention().run();
    const kept = await connection.query<{ conversation: string }>('SELECT conversation FROM tool_permissions');
    assert.deepEqual(kept, [{ conversation: 'goes on' }]);
  });

  it('is left to an instance that is already deleting', async () => {
    await fill(31, 1);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { promise: locked, resolve: onLocked } = Promise.withResolvers<void>();
    const other = connection.transaction(async (sql) => {
      await sql.query("SELECT pg_advisory_xact_lock(hashtextextended('retention of voice_bot', 0))");
      onLocked();
      await held;
    });
    await locked;
    await retention().run();
    assert.equal(await rowsIn('audio'), 1);
    release();
    await other;
  });

  it('begins some time after the start, and ends when it is closed', async () => {
    await fill(31, 1);
    const clock = new ManualClock();
    const closing = retention(clock);
    closing.start();
    assert.equal(clock.waiting.length, 1);
    closing.close();
    closing.close();
    assert.equal(clock.waiting.length, 0);
    await closing.run();
    assert.equal(await rowsIn('audio'), 1);
  });

  it('reads a conversation as empty from its expiry', async () => {
    await using opened = await openedDatabase(url, { recordRetentionMs: 60_000 });
    const { conversationStore: conversations } = opened.database;
    const edit = { kind: 'edit', edit: (record: ConversationRecord) => ({ ...record, rejectedTurns: 1 }) } as const;
    for (const key of ['a', 'b', 'c']) await conversations.apply(key, edit);
    await connection.query("UPDATE conversations SET updated_at = now() - interval '61 s'");
    assert.equal((await conversations.read('a')).rejectedTurns, 0);
    assert.equal(await conversations.create('b'), true);
    await conversations.apply('c', { kind: 'markHandled' }, 'note');
    assert.equal((await conversations.read('c')).rejectedTurns, 0);
  });
});
