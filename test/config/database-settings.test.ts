import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DatabaseSettings, readDatabase } from '../../src/config/database-settings.ts';
import { EnvReader } from '../../src/config/env.ts';

const DEFAULTS = { schema: 'voice_bot', poolSize: 5, isDispatching: true };
const AZURE = 'contoso.postgres.database.azure.com';
const SECRET = 'sEcReT';

function read(env: Record<string, string>) {
  const reader = new EnvReader(env);
  return { settings: readDatabase(reader), problems: reader.problems, notices: reader.notices };
}

function settingsOf(url: string): DatabaseSettings | undefined {
  const { settings, problems } = read({ DATABASE_URL: url });
  assert.deepEqual(problems, []);
  return settings;
}

describe('the database', () => {
  it('is not set by default', () => {
    assert.deepEqual(read({}), { settings: undefined, problems: [], notices: [] });
  });

  it('is read from its address', () => {
    assert.deepEqual(settingsOf('postgres://user%40tenant:p%40ss%2F@db.example.com/bot'), {
      ...{ host: 'db.example.com', port: 5432, database: 'bot', user: 'user@tenant', tls: 'verified' },
      ...{ signIn: { kind: 'password', password: 'p@ss/' }, ...DEFAULTS },
    });
    assert.equal(settingsOf('postgresql://u@127.0.0.1:6543/b')?.port, 6543);
    assert.equal(settingsOf('postgres://u@[::1]/b')?.host, '::1');
  });

  it('may be reached by a Unix socket', () => {
    for (const url of ['postgres://u@/b?host=/var/run/postgresql', 'postgres://u@%2Fvar%2Frun%2Fpostgresql/b']) {
      const { host, tls, signIn } = settingsOf(url) ?? {};
      assert.deepEqual({ host, tls, signIn }, { host: '/var/run/postgresql', tls: 'none', signIn: { kind: 'none' } });
    }
  });

  it('signs in with Entra ID on hosts of Azure, in each cloud', () => {
    const scope = 'https://ossrdbms-aad.database.windows.net/.default';
    assert.deepEqual(settingsOf(`postgres://bot@${AZURE}/b`)?.signIn, { kind: 'azureEntraId', scope });
    assert.deepEqual(settingsOf(`postgres://bot:@${AZURE.toUpperCase()}/b`)?.signIn, { kind: 'azureEntraId', scope });
    assert.equal(settingsOf(`postgres://bot:x@${AZURE}/b`)?.signIn.kind, 'password');
    assert.equal(settingsOf('postgres://bot@x.postgres.database.chinacloudapi.cn/b')?.signIn.kind, 'azureEntraId');
    assert.equal(settingsOf('postgres://bot@postgres.database.azure.com.evil.example/b')?.signIn.kind, 'none');
  });

  for (const [parameters, remote, local] of [
    ['', 'verified', 'none'],
    ['?sslmode=prefer', 'verified', 'none'],
    ['?sslmode=require', 'verified', 'verified'],
    ['?sslmode=verify-full&application_name=x&connect_timeout=3', 'verified', 'verified'],
    ['?ssl=true', 'verified', 'verified'],
    ['?ssl=false', 'none', 'none'],
    ['?sslmode=disable', 'none', 'none'],
    ['?sslmode=no-verify', 'unverified', 'unverified'],
    ['?sslmode=require&uselibpqcompat=true', 'unverified', 'unverified'],
    ['?sslmode=verify-full&uselibpqcompat=true', 'verified', 'verified'],
    ['?sslmode=REQUIRE', undefined, undefined],
    ['?sslrootcert=/etc/ca.pem', undefined, undefined],
    ['?options=-csearch_path%3Dx', undefined, undefined],
  ] as const)
    it(`is encrypted as "${parameters}" asks, with a warning for weak encryption to other machines`, () => {
      const { settings, notices } = read({ DATABASE_URL: `postgres://u:x@db.example.com/b${parameters}` });
      assert.equal(settings?.tls, remote);
      const isWeak = remote === 'none' || remote === 'unverified';
      assert.match(
        notices.join(),
        isWeak ? /^DATABASE_URL asks for .* not (encrypted|verified): .*"db\.example\.com"/ : /^$/,
      );
      const onLocalhost = read({ DATABASE_URL: `postgres://u:x@localhost/b${parameters}` });
      assert.deepEqual([onLocalhost.settings?.tls, onLocalhost.notices], [local, []]);
    });

  for (const url of [
    `host=h user=u password=${SECRET}`,
    `jdbc:postgresql://h/b?user=u&password=${SECRET}`,
    `mysql://u:${SECRET}@h/b`,
    `postgres://u:${SECRET}@h1,h2/b`,
    `postgres://u:${SECRET}@h1:1,h2:2/b`,
    `postgres://u:${SECRET}@h`,
    `postgres://u:${SECRET}@h/`,
    `postgres://u:${SECRET}@/b`,
    `postgres://u:${SECRET}@/b?host=relative`,
    `postgres://u:${SECRET}@h/b?host=/folder`,
    `postgres://:${SECRET}@h/b`,
    `postgres://u:${SECRET}%@h/b`,
    `postgres://u:${SECRET}@${AZURE}:6432/b`,
    `postgres://u:${SECRET}@${AZURE}/b?sslmode=disable`,
    `postgres://u:${SECRET}@${AZURE}/b?sslmode=no-verify`,
    `postgres://u@h/b?password=${SECRET}`,
    `postgres://u:${SECRET}@h/b?sslmode=${SECRET}`,
    `postgres://u:${SECRET}@h/b?${SECRET}=1`,
  ])
    it(`is rejected without quoting its secrets: ${url}`, () => {
      const { settings, problems } = read({ DATABASE_URL: url });
      assert.equal(settings, undefined);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^DATABASE_URL .*; expected /);
      assert.doesNotMatch(problems[0] ?? '', new RegExp(SECRET));
    });

  it('has a schema, a pool size and a switch for dispatching', () => {
    const env = {
      DATABASE_URL: 'postgres://u@localhost/b',
      DATABASE_SCHEMA: 'bot_2',
      DATABASE_POOL_SIZE: '3',
      DISPATCH: 'false',
    };
    const { schema, poolSize, isDispatching } = read(env).settings ?? {};
    assert.deepEqual({ schema, poolSize, isDispatching }, { schema: 'bot_2', poolSize: 3, isDispatching: false });
    for (const name of ['Bot', 'a-b', 'pg_bot', '1a', 'a b', `"; DROP`, 'x'.repeat(45)])
      assert.equal(read({ DATABASE_SCHEMA: name }).problems.length, 1, name);
    assert.equal(read({ DATABASE_POOL_SIZE: '2' }).problems.length, 1);
    assert.match(read({ DISPATCH: 'false' }).problems.join(), /^DISPATCH is false and DATABASE_URL is not set/);
  });
});
