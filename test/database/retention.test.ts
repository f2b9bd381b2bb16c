import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { Connection } from '../../src/database/connection.ts';
import { Retention, type RetentionRule } from '../../src/database/retention.ts';
import { createLogger } from '../../src/log.ts';
import { connectionOptions } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { openedDatabase } from './open-database.ts';

const RULES: readonly RetentionRule[] = [{ table: 't', key: 'n', expired: 'n < $1', value: 1_000 }];

async function prepared(clock = systemClock as typeof systemClock | ManualClock) {
  const url = await (await sharedPostgres()).createDatabase();
  const connection = new Connection(connectionOptions(url, { DATABASE_SCHEMA: 'public' }));
  await connection.query('CREATE TABLE t AS SELECT generate_series(1, 1500) n');
  const log = createLogger('silent');
  const retention = new Retention({ connection, schema: 'public', rules: RULES, clock, log, random: () => 0 });
  const count = async () => (await connection.query('SELECT n FROM t')).length;
  return { connection, retention, count, [Symbol.asyncDispose]: () => connection.close() };
}

describe('retention', () => {
  it('deletes all that is expired, in several statements', async () => {
    await using test = await prepared();
    await test.retention.run();
    assert.equal(await test.count(), 501);
  });

  it('leaves it to the instance that is at it', async () => {
    await using test = await prepared();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { promise: locked, resolve: onLocked } = Promise.withResolvers<void>();
    const other = test.connection.transaction(async (sql) => {
      await sql.query("SELECT pg_advisory_xact_lock(hashtextextended('retention of public', 0))");
      onLocked();
      await held;
    });
    await locked;
    await test.retention.run();
    assert.equal(await test.count(), 1_500);
    release();
    await other;
  });

  it('begins a while after the start, and ends when it is closed', async () => {
    const clock = new ManualClock();
    await using test = await prepared(clock);
    test.retention.start();
    assert.equal(clock.waiting.length, 1);
    test.retention.close();
    test.retention.close();
    assert.equal(clock.waiting.length, 0);
    await test.retention.run();
    assert.equal(await test.count(), 1_500);
  });

  it('takes a conversation for empty as soon as it is too old', async () => {
    const server = await sharedPostgres();
    const url = await server.createDatabase();
    await using opened = await openedDatabase(url, { recordRetentionMs: 60_000 });
    const { conversations } = opened.database;
    const edit = {
      kind: 'edit',
      edit: (record: Awaited<ReturnType<typeof conversations.read>>) => ({ ...record, refusals: 1 }),
    } as const;
    for (const key of ['a', 'b', 'c']) await conversations.apply(key, undefined, edit);
    await server.query("UPDATE voice_bot.conversations SET updated_at = now() - interval '61 s'", url);
    assert.equal((await conversations.read('a')).refusals, 0);
    assert.equal(await conversations.create('b'), true);
    await conversations.apply('c', 'note', { kind: 'note' });
    assert.equal((await conversations.read('c')).refusals, 0);
  });
});
