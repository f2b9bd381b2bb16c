import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Connection } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrations.ts';
import type { StoreError } from '../../src/errors.ts';
import { connectionOptions } from '../support/database.ts';
import { sharedPostgres } from '../support/postgres.ts';

async function migrateFresh(url: string, schema = 'voice_bot') {
  const connection = new Connection(connectionOptions(url, { DATABASE_SCHEMA: schema }));
  try {
    await migrate(connection, schema);
  } finally {
    await connection.close();
  }
}

describe('migrations', () => {
  it('are applied once, even by several concurrent instances', async () => {
    const server = await sharedPostgres();
    const url = await server.createDatabase();
    await Promise.all(Array.from({ length: 4 }, () => migrateFresh(url)));
    await migrateFresh(url);
    const versions = await server.query<{ version: number }>('SELECT version FROM voice_bot.migrations', url);
    assert.deepEqual(
      versions.map(({ version }) => version),
      versions.map((_, index) => index + 1),
    );
  });

  it('are separate for each bot in a database', async () => {
    const server = await sharedPostgres();
    const url = await server.createDatabase();
    await Promise.all([migrateFresh(url, 'one'), migrateFresh(url, 'two')]);
    const tables = await server.query("SELECT 1 FROM pg_tables WHERE tablename = 'conversations'", url);
    assert.equal(tables.length, 2);
  });

  it('accept any schema name that may be set, even an SQL keyword', async () => {
    const server = await sharedPostgres();
    const url = await server.createDatabase();
    await migrateFresh(url, 'user');
    assert.equal((await server.query("SELECT 1 FROM pg_tables WHERE schemaname = 'user'", url)).length > 0, true);
  });

  it('need no right to create schemas if an administrator has created them', async () => {
    const server = await sharedPostgres();
    const url = await server.createDatabase();
    const database = new URL(url).pathname.slice(1);
    await server.query(`ALTER DATABASE ${database} OWNER TO postgres`);
    await server.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
    await server.query(`GRANT CONNECT ON DATABASE ${database} TO bot`);
    await assert.rejects(
      migrateFresh(url),
      (error: StoreError) => error.code === 'store_access_denied' && error.reason === '42501',
    );
    await server.query(
      'CREATE SCHEMA voice_bot AUTHORIZATION bot; CREATE SCHEMA voice_bot_queue AUTHORIZATION bot',
      url,
    );
    await migrateFresh(url);
  });

  it('leave the schema of a newer release unchanged', async () => {
    const server = await sharedPostgres();
    const url = await server.createDatabase();
    await migrateFresh(url);
    await server.query('INSERT INTO voice_bot.migrations (version) VALUES (1000)', url);
    await migrateFresh(url);
    assert.deepEqual(await server.query('SELECT max(version) FROM voice_bot.migrations', url), [{ max: 1000 }]);
  });
});
