import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { examined, said } from './examined.ts';

async function look(url: string, deps = {}): Promise<string> {
  return said(await examined({ DATABASE_URL: url }, { only: ['database'], deps }), 'database');
}

describe('the doctor at a database', () => {
  it('says that there is none', async () => {
    assert.match(said(await examined({}, { only: ['database'] }), 'database'), /^pass \| no database/);
  });

  it('tells version, schemas and clock, and changes nothing', async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    for (let time = 0; time < 2; time++)
      assert.match(await look(url), /^pass \| PostgreSQL \d+, 0 of 2 schemas, its clock -?\d+ ms ahead/);
    const schemas = await postgres.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'voice%'", url);
    assert.deepEqual(schemas, []);
  });

  it('says that the role may not create schemas, unless they are there', async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    const name = new URL(url).pathname.slice(1);
    await postgres.query(`ALTER DATABASE "${name}" OWNER TO postgres`);
    assert.match(await look(url), /^fail \| .*"bot" may not create schemas \| Give "bot" the right \(GRANT CREATE/);
    for (const schema of ['voice_bot', 'voice_bot_queue'])
      await postgres.query(`CREATE SCHEMA ${schema} AUTHORIZATION bot`, url);
    assert.match(await look(url), /^pass \| PostgreSQL \d+, 2 of 2 schemas/);
  });

  it('says that a clock is wrong', async () => {
    const postgres = await sharedPostgres();
    const clock = { ...systemClock, now: () => systemClock.now() - 60_000 };
    assert.match(await look(await postgres.createDatabase(), { clock }), /^warn \| .*clock (59|60)\d{3} ms ahead/);
  });

  it('says what is wrong with name and password, and that nothing is there, without a secret', async () => {
    const postgres = await sharedPostgres();
    const url = new URL(await postgres.createDatabase());
    const changed = (part: 'password' | 'pathname' | 'port', value: string) => {
      const other = new URL(url);
      other[part] = value;
      return look(other.href);
    };
    assert.match(await changed('pathname', '/absent'), /^fail \| .*3D000 \| Create the database "absent"/);
    const refused = await changed('password', 'a-secret');
    assert.match(refused, /^fail \| .* \| See that user and password in DATABASE_URL are right/);
    assert.doesNotMatch(refused, /a-secret/);
    assert.match(await changed('port', '9'), /^fail \| .*ECONNREFUSED \| See that the server runs/);
  });
});
