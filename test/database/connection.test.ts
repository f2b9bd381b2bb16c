import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chownSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Connection } from '../../src/database/connection.ts';
import { fixFor } from '../../src/database/errors.ts';
import { StoreError, type StoreErrorCode } from '../../src/errors.ts';
import { makeCertificate } from '../support/certificate.ts';
import { connectionOptions } from '../support/database.ts';
import { sharedPostgres } from '../support/postgres.ts';

async function open(url: string, env: Readonly<Record<string, string>> = {}) {
  const connection = new Connection(connectionOptions(url, env));
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() });
}

async function openEmpty(env: Readonly<Record<string, string>> = {}) {
  return open(await (await sharedPostgres()).createDatabase(), { DATABASE_SCHEMA: 'public', ...env });
}

function isStoreError(code: StoreErrorCode, reason?: string) {
  return (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.deepEqual([error.code, error.reason], [code, reason], error.message);
    return true;
  };
}

describe('a database connection', () => {
  it('runs statements in the schema of the bot', async () => {
    const url = await (await sharedPostgres()).createDatabase();
    await using connection = await open(url, { DATABASE_SCHEMA: 'mine' });
    assert.deepEqual(await connection.query('SHOW search_path'), [{ search_path: 'mine' }]);
    assert.deepEqual(await connection.query('SELECT $1::int + 1 AS sum', [1]), [{ sum: 2 }]);
    assert.deepEqual(await connection.query('SHOW application_name'), [{ application_name: 'mine' }]);
  });

  it('reaches the server by a Unix socket', { skip: process.platform === 'win32' }, async () => {
    const server = await sharedPostgres();
    const url = new URL(await server.createDatabase());
    url.hostname = encodeURIComponent(server.socketFolder);
    await using connection = await open(url.href);
    assert.deepEqual(await connection.query('SELECT inet_client_addr() AS address'), [{ address: null }]);
  });

  it('commits all or nothing of a transaction', async () => {
    await using connection = await openEmpty();
    await connection.query('CREATE TABLE t (n int)');
    const insert = (n: number) => `INSERT INTO t VALUES (${n})`;
    const kept = await connection.transaction(async (sql) => (await sql.query(insert(1))).length);
    const rolled = await connection.transaction(async (sql) => sql.rollBack((await sql.query(insert(2))).length));
    const failed = connection.transaction(async (sql) => {
      await sql.query(insert(3));
      throw new TypeError('a mistake');
    });
    await assert.rejects(failed, isStoreError('store_call_invalid'));
    const wrong = connection.transaction((sql) => sql.query('INSERT INTO t VALUES (1, 2)'));
    await assert.rejects(wrong, isStoreError('store_call_invalid', '42601'));
    assert.deepEqual([kept, rolled], [0, 0]);
    assert.deepEqual(await connection.query('SELECT n FROM t'), [{ n: 1 }]);
  });

  it('limits the wait for a connection and the statement together', async () => {
    await using connection = await openEmpty({ DATABASE_POOL_SIZE: '3' });
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const holding = connection.transaction(() => held);
    await assert.rejects(connection.query('SELECT 1', [], 50), isStoreError('store_unavailable'));
    release();
    await holding;
    await assert.rejects(connection.query('SELECT pg_sleep(10)', [], 50), isStoreError('store_unavailable'));
    assert.equal((await connection.query('SELECT 1')).length, 1);
  });

  it('rolls back a transaction that takes too long, and stays usable', async () => {
    await using connection = await openEmpty({ DATABASE_POOL_SIZE: '3' });
    await connection.query('CREATE TABLE t (n int)');
    const slow = connection.transaction(async (sql) => {
      await sql.query('INSERT INTO t VALUES (1)');
      await sql.query('SELECT pg_sleep(10)');
    }, 100);
    await assert.rejects(slow, isStoreError('store_unavailable'));
    // It waits for the only connection, which a transaction holds.
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const holding = connection.transaction(() => held);
    const waiting = connection.transaction((sql) => sql.query('INSERT INTO t VALUES (2)'), 50);
    await assert.rejects(waiting, isStoreError('store_unavailable'));
    release();
    await holding;
    assert.deepEqual(await connection.query('SELECT n FROM t'), []);
  });

  it('reports faults that an operator can fix', async () => {
    const server = await sharedPostgres();
    const url = await server.createDatabase();
    const cases: readonly (readonly [string, StoreErrorCode, string, RegExp])[] = [
      [url.replace(/:[^:@]+@/, ':wrong@'), 'store_access_denied', '28P01', /user and password in DATABASE_URL/],
      [url.replace(/\/[^/]+$/, '/nowhere'), 'store_access_denied', '3D000', /create the database "nowhere"/],
      [url.replace('127.0.0.1', 'nowhere.invalid'), 'store_unavailable', 'ENOTFOUND', /nowhere\.invalid/],
      [url.replace(`:${server.port}/`, ':1/'), 'store_unavailable', 'ECONNREFUSED', /check that the server runs/],
      [`${url}?sslmode=require`, 'store_access_denied', 'no TLS', /set up TLS/],
    ];
    for (const [address, code, reason, fix] of cases) {
      await using connection = await open(address);
      await assert.rejects(connection.query('SELECT 1'), (error: unknown) => {
        isStoreError(code, reason)(error);
        assert.match(fixFor(error as StoreError, connectionOptions(address).settings), fix);
        return true;
      });
    }
  });

  it('authenticates with an Entra ID token, requested for each new connection', async () => {
    const url = await (await sharedPostgres()).createDatabase();
    const given = connectionOptions(url, { DATABASE_SCHEMA: 'public' });
    const { signIn } = given.settings;
    const settings = { ...given.settings, signIn: { kind: 'azureEntraId', scope: 'the scope' } } as const;
    const asked: string[] = [];
    let token = async () => (signIn.kind === 'password' ? signIn.password : '');
    const tokens = (scope: string) => () => {
      asked.push(scope);
      return token();
    };
    const connection = new Connection({ ...given, settings, tokens });
    await Promise.all([1, 2, 3].map(() => connection.query('SELECT pg_sleep(0.05)')));
    assert.deepEqual(asked, ['the scope', 'the scope', 'the scope']);
    await connection.close();
    token = () => Promise.reject(new Error('no identity'));
    const refused = new Connection({ ...given, settings, tokens });
    await assert.rejects(refused.query('SELECT 1'), isStoreError('store_access_denied'));
    await refused.close();
  });

  it('is encrypted, and verifies the certificate', { skip: process.platform === 'win32' }, async (context) => {
    const certificate = makeCertificate('localhost');
    if (certificate === undefined) return context.skip('there is no openssl');
    const server = await sharedPostgres();
    context.after(async () => {
      await server.query('ALTER SYSTEM RESET ALL');
      await server.query('SELECT pg_reload_conf()');
    });
    const { uid, gid } = statSync(server.socketFolder);
    for (const name of ['cert', 'key'] as const) {
      const path = join(server.socketFolder, `${name}.pem`);
      writeFileSync(path, certificate[name], { mode: 0o600 });
      chownSync(path, uid, gid);
      await server.query(`ALTER SYSTEM SET ssl_${name}_file = '${path}'`);
    }
    certificate.close();
    await server.query('ALTER SYSTEM SET ssl = on');
    await server.query('SELECT pg_reload_conf()');
    const url = (await server.createDatabase()).replace('127.0.0.1', 'localhost');
    const isEncrypted = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    await using unverified = await open(`${url}?sslmode=no-verify`);
    assert.deepEqual(await unverified.query(isEncrypted), [{ ssl: true }]);
    await using plain = await open(url);
    assert.deepEqual(await plain.query(isEncrypted), [{ ssl: false }]);
    await using verified = await open(`${url}?sslmode=verify-full`);
    await assert.rejects(
      verified.query(isEncrypted),
      isStoreError('store_access_denied', 'DEPTH_ZERO_SELF_SIGNED_CERT'),
    );
  });

  it('reports an invalid statement as permanent, without its parameters', async () => {
    await using connection = await openEmpty();
    const secret = 'what somebody wrote';
    await assert.rejects(connection.query('SELECT $1::int', [secret]), (error: unknown) => {
      isStoreError('store_call_invalid', '22P02')(error);
      assert.doesNotMatch(JSON.stringify([String(error), (error as Error).cause]), new RegExp(secret));
      return true;
    });
  });

  it('does not wait for a server that accepts and sends nothing', async () => {
    const silent = createServer((socket) => socket.resume())
      .listen(0, '127.0.0.1')
      .unref();
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    await using connection = await open(`postgres://u:x@127.0.0.1:${port}/d`);
    await assert.rejects(connection.query('SELECT 1'), isStoreError('store_unavailable'));
  });
});
