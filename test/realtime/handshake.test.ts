import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { TurnError, type TurnErrorCode } from '../../src/errors.ts';
import type { TokenProvider } from '../../src/realtime/endpoint.ts';
import { PING_INTERVAL_MS } from '../../src/realtime/heartbeat.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Gathered } from './gathered.ts';
import { azureKey, Client, errorOf, startMuteServer, startRefusing } from './wire.ts';

const TIMEOUT = { timeout: 20_000 };

/** Sets variables for one test. */
function withEnv(t: TestContext, variables: Record<string, string>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

describe('the handshake request', TIMEOUT, () => {
  it('has the GA path with the deployment, and the key only in api-key', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const connection = await new Client({ endpoint: azureKey(server.url) }).bare();
    const [upgrade] = server.upgrades.all;
    assert.equal(upgrade?.path, '/openai/v1/realtime?model=my-deployment');
    assert.equal(upgrade?.headers['api-key'], 'my-key');
    assert.equal(upgrade?.headers.authorization, undefined);
    connection.close();
  });

  it('has a bearer token with Entra ID, requested for every connection', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const scopes: string[] = [];
    let asked = 0;
    const tokens = (scope: string): TokenProvider => {
      scopes.push(scope);
      return async () => `token-${++asked}`;
    };
    const endpoint = { kind: 'azureEntraId', endpoint: server.url, model: 'my-deployment', scope: 'my-scope' } as const;
    const client = new Client({ endpoint, tokens });
    assert.equal(asked, 0);
    for (const connection of [await client.bare(), await client.bare()]) connection.close();
    assert.deepEqual(scopes, ['my-scope']);
    assert.deepEqual(
      server.upgrades.all.map(({ path, headers }) => [path, headers.authorization, headers['api-key']]),
      [
        ['/openai/v1/realtime?model=my-deployment', 'Bearer token-1', undefined],
        ['/openai/v1/realtime?model=my-deployment', 'Bearer token-2', undefined],
      ],
    );
  });

  it('has a bearer key for plain OpenAI', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const endpoint = { kind: 'openai', baseUrl: `${server.url}/v1`, model: 'gpt-realtime', apiKey: 'sk-1' } as const;
    (await new Client({ endpoint }).bare()).close();
    const [upgrade] = server.upgrades.all;
    assert.equal(upgrade?.path, '/v1/realtime?model=gpt-realtime');
    assert.equal(upgrade?.headers.authorization, 'Bearer sk-1');
    assert.equal(upgrade?.headers['api-key'], undefined);
  });

  it('ignores OPENAI variables of the environment', async (t) => {
    withEnv(t, {
      OPENAI_ORG_ID: 'org-env',
      OPENAI_PROJECT_ID: 'proj-env',
      OPENAI_API_KEY: 'sk-env',
      OPENAI_BASE_URL: 'https://env.invalid/v1',
    });
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const openai = { kind: 'openai', baseUrl: `${server.url}/v1`, model: 'gpt-realtime', apiKey: 'sk-1' } as const;
    for (const endpoint of [azureKey(server.url), openai]) (await new Client({ endpoint }).bare()).close();
    assert.equal(server.upgrades.all.length, 2);
    for (const { headers } of server.upgrades.all) assert.doesNotMatch(JSON.stringify(headers), /(org|proj|sk)-env/);
  });

  it('ignores OPENAI_CUSTOM_HEADERS of the environment', async (t) => {
    withEnv(t, { OPENAI_CUSTOM_HEADERS: 'OpenAI-Organization: org-env\nAuthorization: Bearer sk-env' });
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const entraId = { kind: 'azureEntraId', endpoint: server.url, model: 'my-deployment', scope: 's' } as const;
    const tokens = () => async () => 'token';
    for (const endpoint of [azureKey(server.url), entraId]) (await new Client({ endpoint, tokens }).bare()).close();
    for (const { headers } of server.upgrades.all) assert.doesNotMatch(JSON.stringify(headers), /(org|sk)-env/);
    assert.equal(server.upgrades.all[1]?.headers.authorization, 'Bearer token');
  });

  it('escapes the name of the deployment', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const endpoint = { ...azureKey(server.url), model: 'a b&c=d' };
    (await new Client({ endpoint }).bare()).close();
    const path = server.upgrades.all[0]?.path ?? '';
    assert.equal(new URL(path, server.url).searchParams.get('model'), 'a b&c=d');
  });
});

describe('a rejected handshake', TIMEOUT, () => {
  const statuses: [number, TurnErrorCode][] = [
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'deployment_not_found'],
    [429, 'rate_limited'],
    [503, 'service_unavailable'],
  ];
  for (const [status, code] of statuses) {
    it(`is reported as ${code} for ${status}`, async (t) => {
      const server = await startRefusing({ status });
      t.after(() => server[Symbol.asyncDispose]());
      const client = new Client({ endpoint: azureKey(server.url) });
      assert.equal((await errorOf(client.bare())).code, code);
      assert.deepEqual(
        (await client.closed.when(1)).map((reason) => reason.code),
        [code],
      );
      assert.equal(server.upgrades.all.length, 1);
    });
  }

  it('has the retry time of Retry-After', async (t) => {
    const server = await startRefusing({ status: 429, headers: { 'Retry-After': '7' } });
    t.after(() => server[Symbol.asyncDispose]());
    const error = await errorOf(new Client({ endpoint: azureKey(server.url) }).bare());
    assert.deepEqual([error.retry, error.retryAfterMs], ['safe', 7_000]);
  });

  it('is reported as service_unavailable if nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const error = await errorOf(new Client({ endpoint: azureKey(`http://127.0.0.1:${port}`) }).bare());
    assert.deepEqual([error.code, error.retry], ['service_unavailable', 'safe']);
  });

  it('is reported as service_unavailable if the connection breaks', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    server.on('upgrade', (_request, socket) => socket.destroy());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(new Client({ endpoint: azureKey(`http://127.0.0.1:${port}`) }).bare());
    assert.deepEqual([error.code, error.retry], ['service_unavailable', 'safe']);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a handshake that takes too long', TIMEOUT, () => {
  it('fails after 10 seconds', async (t) => {
    const server = await startRefusing('hang');
    t.after(() => server[Symbol.asyncDispose]());
    const clock = new ManualClock();
    const client = new Client({ endpoint: azureKey(server.url), clock });
    const errors = new Gathered<TurnError>();
    void errorOf(client.bare()).then((error) => errors.add(error));
    await server.upgrades.when(1);
    await clock.advance(9_999);
    assert.deepEqual(errors.all, []);
    await clock.advance(1);
    const [error] = await errors.when(1);
    assert.deepEqual([error?.code, error?.retry], ['handshake_timeout', 'never']);
    await client.closed.when(1);
    assert.deepEqual(clock.waiting, []);
  });

  it('fails on abort, with the reason', async (t) => {
    const server = await startRefusing('hang');
    t.after(() => server[Symbol.asyncDispose]());
    const client = new Client({ endpoint: azureKey(server.url), clock: new ManualClock() });
    const stopping = new AbortController();
    const opening = client.bare(stopping.signal);
    await server.upgrades.when(1);
    stopping.abort(new TurnError('shutting_down', 'the process has to end'));
    assert.equal((await errorOf(opening)).code, 'shutting_down');
    await client.closed.when(1);
  });

  it('does not begin after an abort', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const aborted = AbortSignal.abort(new TurnError('turn_timeout', 'too late'));
    let asked = 0;
    const tokens = () => async () => `token-${++asked}`;
    const endpoint = { kind: 'azureEntraId', endpoint: server.url, model: 'm', scope: 's' } as const;
    assert.equal((await errorOf(new Client({ endpoint, tokens }).bare(aborted))).code, 'turn_timeout');
    assert.deepEqual([asked, server.upgrades.all.length], [0, 0]);
  });

  it('leaves no timer behind when it succeeds', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const clock = new ManualClock();
    const connection = await new Client({ endpoint: azureKey(server.url), clock }).bare();
    assert.deepEqual(clock.waiting, [PING_INTERVAL_MS]);
    connection.close();
    const [grace] = clock.waiting;
    assert.notEqual(grace, PING_INTERVAL_MS);
  });
});
