import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Connection, QUERY_LIMIT_MS } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrations.ts';
import { AUDIO_LIMIT_MS, createPostgresAudioStore, forgetAudio } from '../../src/database/postgres-audio-store.ts';
import { randomIds } from '../../src/ids.ts';
import { itBoundsAudio, itStoresAudio, RETENTION_MS, save } from '../audio/audio-store-contract.ts';
import { connectionOptions } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { sharedPostgres, type TestPostgres } from '../support/postgres.ts';

let server: TestPostgres;
let url: string;
let connection: Connection;

before(async () => {
  server = await sharedPostgres();
  url = await server.createDatabase();
  connection = new Connection(connectionOptions(url));
  await migrate(connection, 'voice_bot');
});
after(() => connection.close());

/** A store with an empty table. */
async function open(audioStoreBytes: number) {
  await connection.query('TRUNCATE audio');
  const clock = new ManualClock(Date.now());
  const options = { connection, audioStoreBytes, audioRetentionMs: RETENTION_MS, clock, ids: randomIds };
  return { clock, options, store: createPostgresAudioStore(options), other: createPostgresAudioStore(options) };
}

itStoresAudio('PostgreSQL', () => open(1_000_000));
itBoundsAudio('PostgreSQL', () => open(100_000));

describe('audio in PostgreSQL', () => {
  it('is shared by all instances, and expires for all at once', async () => {
    const { store, other } = await open(1_000_000);
    const audio = await save(store);
    assert.deepEqual(await other.find(audio.id), audio);
    await store.forget(audio.conversation);
    assert.equal(await other.read(audio.id), undefined);
  });

  it('times out while its table is locked, and leaves connections for messages', async () => {
    const { clock, options } = await open(1_000_000);
    const own = new Connection({ ...connectionOptions(url), clock });
    const store = createPostgresAudioStore({ ...options, connection: own });
    const locker = new Connection(connectionOptions(url));
    const locked = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const holding = locker.transaction(async (sql) => {
      await sql.query('LOCK TABLE audio');
      locked.resolve();
      await over.promise;
    });
    await locked.promise;
    const saves = Array.from({ length: 8 }, () => save(store));
    const outcomes = Promise.allSettled(saves);
    await setImmediate();
    await own.query('SELECT 1');
    await clock.advance(QUERY_LIMIT_MS);
    for (const outcome of await outcomes)
      assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'store_unavailable');
    over.resolve();
    await holding;
    await Promise.all([locker.close(), own.close()]);
  });

  it('is saved behind a save that times out', async () => {
    const { clock, options } = await open(1_000_000);
    const own = new Connection({ ...connectionOptions(url), clock });
    const store = createPostgresAudioStore({ ...options, connection: own });
    const locker = new Connection(connectionOptions(url));
    const { first, others } = await locker.transaction(async (sql) => {
      await sql.query('LOCK TABLE audio');
      const [first, ...others] = Array.from({ length: 8 }, () => save(store));
      const timedOut = assert.rejects(first ?? Promise.resolve(), { code: 'store_unavailable' });
      const saved = Promise.allSettled(others);
      await clock.advance(AUDIO_LIMIT_MS);
      return { first: timedOut, others: saved };
    });
    await first;
    for (const outcome of await others) assert.equal(outcome.status, 'fulfilled');
    await Promise.all([locker.close(), own.close()]);
  });

  it('is saved beside any number of lookups, which may be of made-up links', async () => {
    const { options } = await open(1_000_000);
    const own = new Connection(connectionOptions(url));
    const store = createPostgresAudioStore({ ...options, connection: own });
    const locker = new Connection(connectionOptions(url));
    const { lookups, saving } = await locker.transaction(async (sql) => {
      await sql.query('LOCK TABLE audio');
      const calls = { lookups: Array.from({ length: 32 }, () => store.find(randomIds.secret())), saving: save(store) };
      const waiting = "SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND relation = 'audio'::regclass";
      let [row] = await own.query<{ count: number }>(waiting);
      while (row?.count !== 2) [row] = await own.query<{ count: number }>(waiting);
      return calls;
    });
    assert.equal((await saving).byteLength, 1_000);
    for (const found of await Promise.all(lookups)) assert.equal(found, undefined);
    await Promise.all([locker.close(), own.close()]);
  });

  it('is deleted in small batches after the bound was lowered', async () => {
    const { store, options } = await open(1_000_000);
    for (let count = 0; count < 120; count++) await save(store, { wav: randomBytes(10) });
    const small = createPostgresAudioStore({ ...options, audioStoreBytes: 1 });
    const counts: number[] = [];
    for (let saves = 0; saves < 4; saves++) {
      await save(small, { wav: randomBytes(1) });
      const [row] = await connection.query<{ count: number }>('SELECT count(*)::int AS count FROM audio');
      counts.push(row?.count ?? 0);
    }
    assert.deepEqual(counts, [71, 22, 1, 1]);
  });

  it('is not found once its conversation was forgotten in a transaction, and is deleted in batches after it', async () => {
    const { store } = await open(1_000_000);
    const saved = await Promise.all(Array.from({ length: 120 }, () => save(store, { wav: randomBytes(10) })));
    const kept = await save(store, { conversation: 'webchat/other' });
    await connection.transaction((sql) => forgetAudio(sql, saved[0]?.conversation ?? ''));
    for (const { id } of saved) assert.deepEqual([await store.find(id), await store.read(id)], [undefined, undefined]);
    const count = 'SELECT count(*)::int AS count FROM audio';
    assert.deepEqual(await connection.query(count), [{ count: 121 }]);
    await store.forget(saved[0]?.conversation ?? '');
    assert.deepEqual(await connection.query(count), [{ count: 1 }]);
    assert.deepEqual(await store.find(kept.id), kept);
  });

  it('is not compressed, so that a range can be read alone', async () => {
    const [row] = await server.query<{ attstorage: string }>(
      "SELECT attstorage FROM pg_attribute WHERE attrelid = 'voice_bot.audio'::regclass AND attname = 'wav'",
      url,
    );
    assert.equal(row?.attstorage, 'e');
  });

  it('can be saved by many instances that also evict and forget', async () => {
    const { store, other } = await open(50_000);
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const each = index % 2 === 0 ? store : other;
        await save(each, { wav: randomBytes(2_000), conversation: `webchat/${index % 7}` });
        if (index % 10 === 0) await each.forget(`webchat/${index % 7}`);
      }),
    );
    await save(store, { wav: randomBytes(1) });
    const [row] = await connection.query<{ sum: number }>('SELECT sum(byte_length)::int AS sum FROM audio');
    assert.ok((row?.sum ?? 0) <= 50_000, `${row?.sum}`);
  });
});
