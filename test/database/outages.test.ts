import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay, setImmediate as nextTick } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import type { TurnJob } from '../../src/conversation/queue/turn-queue.ts';
import { retry } from '../../src/conversation/retry.ts';
import { Connection } from '../../src/database/connection.ts';
import type { StoreError } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { HandedTurns, messageIn, usersIn } from '../conversation/test-engine.ts';
import { connectionOptions } from '../support/database.ts';
import { JumpingClock } from '../support/jumping-clock.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { newDatabase, openedDatabase, startDatabase } from './open-database.ts';

const isUnavailable = (error: unknown) => (error as StoreError).code === 'store_unavailable';

/** Calls a store like a turn: with retries. */
function stored<T>(call: () => Promise<T>): Promise<T> {
  return retry(call, { clock: systemClock, log: createLogger('silent'), signal: new AbortController().signal });
}

describe('an unavailable database', () => {
  let server: TestPostgres;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.close());

  it('is awaited at the start, and reported once', async () => {
    const url = await server.createDatabase();
    await server.stop();
    await using opened = startDatabase(url);
    const { queue, conversationStore: conversations } = opened.database;
    const line = await opened.logged('database not usable');
    assert.equal(line.level, 'warn');
    assert.match(line.fix ?? '', /check that the server runs/);
    await assert.rejects(queue.add(messageIn('a', 'one')), isUnavailable);
    await assert.rejects(conversations.read('a'), isUnavailable);
    await server.start();
    await opened.logged('database connected');
    assert.equal((await queue.add(messageIn('a', 'one'))).result, 'queued');
    assert.equal(await new HandedTurns(queue).answerNext(), 'one');
    assert.equal(opened.lines.filter(({ msg }) => msg === 'database not usable').length, 1);
  });

  it('is awaited while its tables are missing, and the log says who creates them', async () => {
    const url = await server.createDatabase();
    await using early = newDatabase(url);
    const isMissing = (error: unknown) =>
      isUnavailable(error) && /which the bot creates/.test((error as Error).message);
    await assert.rejects(early.database.conversationStore.read('a'), isMissing);
    await assert.rejects(early.database.queue.add(messageIn('a', 'one')), isUnavailable);
    early.database.start();
    await early.logged('database connected');
    early.database.queue.start(async () => {});
    await server.query('DROP SCHEMA voice_bot, voice_bot_queue CASCADE', url);
    await assert.rejects(early.database.queue.add(messageIn('a', 'one')), isMissing);
    await assert.rejects(early.database.conversationStore.apply('a', { kind: 'stop' }), isMissing);
    assert.equal((await early.logged('turns not fetched')).level, 'warn');
    await using restarted = await openedDatabase(url);
    assert.equal((await restarted.database.queue.add(messageIn('a', 'one'))).result, 'queued');
  });

  it('is awaited while it rejects the bot, and the log says how to fix that', async () => {
    const url = await server.createDatabase();
    const newRole = url.replace(/\/\/[^@]+@/, '//late:secret@');
    await using opened = startDatabase(newRole);
    const line = await opened.logged('database not usable');
    assert.equal(line.level, 'error');
    assert.match(line.fix ?? '', /user and password in DATABASE_URL/);
    await server.query("CREATE ROLE late LOGIN PASSWORD 'secret' IN ROLE bot");
    await opened.logged('database connected');
  });

  it('stores nothing of a message that it did not accept', { skip: process.platform === 'win32' }, async () => {
    const url = await server.createDatabase();
    const clock = new JumpingClock();
    await using opened = await openedDatabase(url, { clock });
    const { queue } = opened.database;
    await server.pause();
    const adds = ['one', 'two', 'three', 'four'].map((id) => queue.add(messageIn('a', id)));
    await nextTick();
    clock.jump(5_000);
    await Promise.all(adds.map((add) => assert.rejects(add, isUnavailable)));
    server.resume();
    await stored(() => queue.add(messageIn('b', 'later')));
    assert.deepEqual(await server.query("SELECT singleton_key FROM voice_bot_queue.job WHERE name = 'turns'", url), [
      { singleton_key: 'b' },
    ]);
  });

  it('loses and duplicates nothing in a restart, a crash and a pause under load', async () => {
    const url = await server.createDatabase();
    await using one = await openedDatabase(url);
    await using other = await openedDatabase(url);
    const keys = Array.from({ length: 10 }, (_, index) => `c${index}`);
    const ids = Array.from({ length: 12 }, (_, index) => `m${index}`);
    let answeredCount = 0;
    const { promise: allAnswered, resolve } = Promise.withResolvers<void>();
    const run = async (job: TurnJob) => {
      const { message } = job;
      if ((await stored(() => job.begin())).kind !== 'begun') return;
      await delay(30);
      // A turn's edit recognizes itself, since the first response may be lost.
      const saved = await stored(() =>
        job.save((record) => ({
          ...record,
          sessionVersion: job.id,
          history:
            record.sessionVersion === job.id
              ? record.history
              : [...record.history, { user: message.text, assistant: undefined }],
        })),
      );
      if (saved !== 'saved' || !(await stored(() => job.complete()))) return;
      answeredCount += 1;
      if (answeredCount === keys.length * ids.length) resolve();
    };
    for (const { database } of [one, other]) database.queue.start(run);
    const adding = keys.map(async (key, index) => {
      for (const [number, id] of ids.entries()) {
        const { queue } = ((index + number) % 2 === 0 ? one : other).database;
        await stored(() => queue.add(messageIn(key, id, { personKey: key })));
        await delay(150);
      }
    });
    for (const how of [undefined, 'crash'] as const) {
      await delay(300);
      await server.stop(how);
      await delay(300);
      await server.start();
    }
    if (process.platform !== 'win32') {
      await delay(300);
      await server.pause();
      await delay(2_000);
      server.resume();
    }
    await Promise.all(adding);
    await allAnswered;
    for (const key of keys) assert.deepEqual(usersIn(await one.database.conversationStore.read(key)), ids, key);
  });

  it('is used again by the same Connection after a restart or a crash', async () => {
    const connection = new Connection(connectionOptions(await server.createDatabase()));
    for (const how of [undefined, 'crash'] as const) {
      await connection.query('SELECT 1');
      const rejected = assert.rejects(connection.query('SELECT pg_sleep(10)'), isUnavailable);
      await server.stop(how);
      await rejected;
      await assert.rejects(connection.query('SELECT 1'), (error: StoreError) => error.reason === 'ECONNREFUSED');
      await server.start();
      assert.equal((await connection.query('SELECT 1')).length, 1);
    }
    await connection.close();
  });

  it('does not prevent shutdown if the server no longer responds', { skip: process.platform === 'win32' }, async () => {
    const clock = new JumpingClock();
    const opened = await openedDatabase(await server.createDatabase(), { clock });
    await server.pause();
    const closing = opened.database.close();
    await nextTick();
    clock.jump(5_000);
    await closing;
    await opened.database.close();
    server.resume();
  });

  it('leaves no connection open if it is closed while it starts', async () => {
    const url = await server.createDatabase();
    const isOpen = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'early%'";
    for (let waitMs = 0; waitMs < 240; waitMs += 20) {
      const { database } = startDatabase(url, { env: { DATABASE_SCHEMA: `early_${waitMs}` } });
      await delay(waitMs);
      await database.close();
      // The server notices it a moment later.
      while ((await server.query(isOpen)).length > 0) await delay(10);
    }
  });

  it('allows shutdown without an error while the server restarts', async () => {
    const url = await server.createDatabase();
    for (let round = 0; round < 5; round++) {
      const opened = await openedDatabase(url);
      await Promise.all([server.stop(), opened.database.close()]);
      await server.start();
    }
  });
});
