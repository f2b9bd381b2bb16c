import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { openedDatabase } from '../database/open-database.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { examined, findingText } from './examined.ts';

async function look(url: string, deps = {}): Promise<string> {
  return findingText(await examined({ DATABASE_URL: url }, { only: ['database'], deps }), 'database');
}

describe("the doctor's database check", () => {
  it('reports that no database is configured', async () => {
    assert.match(findingText(await examined({}, { only: ['database'] }), 'database'), /^skipped \| no database/);
  });

  it('reports version, schemas and clock, and changes nothing', async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    for (let time = 0; time < 2; time++)
      assert.match(await look(url), /^pass \| PostgreSQL \d+, 0 of 2 schemas, with its clock -?\d+ ms ahead/);
    const schemas = await postgres.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'voice%'", url);
    assert.deepEqual(schemas, []);
  });

  it('runs a job through its own queue once the bot has prepared the database, and leaves nothing behind', async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    assert.match(await look(url), /; no test job: the bot creates the queue when it starts$/);
    await using bot = await openedDatabase(url);
    bot.database.queue.start(async () => assert.fail('it is not its job'));
    assert.match(await look(url), /^pass \| .*; a job passed through a test queue$/);
    const left = await postgres.query('SELECT name FROM voice_bot_queue.queue ORDER BY name', url);
    assert.deepEqual(left, [{ name: 'turns' }, { name: 'turns_dead' }]);
    assert.deepEqual(await postgres.query('SELECT 1 FROM voice_bot_queue.job', url), []);
  });

  it("reports that no job runs, and leaves an older release's queue to the bot", async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    await (await openedDatabase(url))[Symbol.asyncDispose]();
    await postgres.query('REVOKE INSERT ON ALL TABLES IN SCHEMA voice_bot_queue FROM bot', url);
    assert.match(await look(url), /^fail \| .*; a job in a queue of its own failed: 42501 \| Give "bot" the right/);
    await postgres.query('UPDATE voice_bot_queue.version SET version = version - 1', url);
    assert.match(await look(url), /^pass \| .*; no test job/);
  });

  it('reports that the role may not create schemas, unless they exist', async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    const name = new URL(url).pathname.slice(1);
    await postgres.query(`ALTER DATABASE "${name}" OWNER TO postgres`);
    assert.match(
      await look(url),
      /^fail \| .*"bot" may not create schemas \| Grant "bot" the permission \(GRANT CREATE/,
    );
    for (const schema of ['voice_bot', 'voice_bot_queue'])
      await postgres.query(`CREATE SCHEMA ${schema} AUTHORIZATION bot`, url);
    assert.match(await look(url), /^pass \| PostgreSQL \d+, 2 of 2 schemas/);
  });

  it('reports a wrong clock', async () => {
    const postgres = await sharedPostgres();
    const clock = { ...systemClock, now: () => systemClock.now() - 60_000 };
    assert.match(await look(await postgres.createDatabase(), { clock }), /^warn \| .*clock (59|60)\d{3} ms ahead/);
  });

  it('reports a wrong name or password and a missing server, without a secret', async () => {
    const postgres = await sharedPostgres();
    const url = new URL(await postgres.createDatabase());
    const changed = (part: 'password' | 'pathname' | 'port', value: string) => {
      const other = new URL(url);
      other[part] = value;
      return look(other.href);
    };
    assert.match(await changed('pathname', '/absent'), /^fail \| .*3D000 \| Create the database "absent"/);
    const refused = await changed('password', 'a-secret');
    assert.match(refused, /^fail \| .* \| Check that user and password in DATABASE_URL are right/);
    assert.doesNotMatch(refused, /a-secret/);
    assert.match(await changed('port', '9'), /^fail \| .*ECONNREFUSED \| Check that the server runs/);
  });
});
