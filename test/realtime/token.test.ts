import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../support/manual-clock.ts';
import { Client, errorOf, startMuteServer, startRefusing } from './wire.ts';

const TIMEOUT = { timeout: 20_000 };

describe('a token', TIMEOUT, () => {
  const entra = (url: string) => ({ kind: 'azureEntraId', endpoint: url, model: 'm', scope: 's' }) as const;

  it('is reported as credentials_failed if it cannot be obtained', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const tokens = () => () => Promise.reject(new Error('no identity here'));
    const error = await errorOf(new Client({ endpoint: entra(server.url), tokens }).bare());
    assert.equal(error.code, 'credentials_failed');
    assert.match(String((error.cause as Error).message), /no identity here/);
    assert.equal(server.upgrades.all.length, 0);
  });

  it('is reported as token_timeout if it does not arrive within its own limit', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const clock = new ManualClock();
    const client = new Client({ endpoint: entra(server.url), tokens: () => () => new Promise(() => {}), clock });
    const opening = errorOf(client.bare());
    await clock.advance(20_000);
    const { code, message, retry } = await opening;
    assert.deepEqual([code, message, retry], ['token_timeout', 'no access token within 20000 ms', 'safe']);
    assert.equal(server.upgrades.all.length, 0);
    assert.deepEqual(clock.waiting, []);
  });

  it('is reported as credentials_failed if no header can contain it', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const error = await errorOf(
      new Client({ endpoint: entra(server.url), tokens: () => async () => 'a\ntoken' }).bare(),
    );
    assert.equal(error.code, 'credentials_failed');
    assert.equal(server.upgrades.all.length, 0);
  });

  it('leaves the handshake its whole time limit', async (t) => {
    const server = await startRefusing('hang');
    t.after(() => server[Symbol.asyncDispose]());
    const clock = new ManualClock();
    const late = Promise.withResolvers<string>();
    const opening = errorOf(
      new Client({ endpoint: entra(server.url), tokens: () => () => late.promise, clock }).bare(),
    );
    await clock.advance(12_000);
    late.resolve('token');
    await server.upgrades.when(1);
    assert.deepEqual(clock.waiting, [10_000]);
    await clock.advance(10_000);
    assert.equal((await opening).code, 'handshake_timeout');
  });

  it('opens no socket if it arrives too late', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const clock = new ManualClock();
    const late = Promise.withResolvers<string>();
    const client = new Client({ endpoint: entra(server.url), tokens: () => () => late.promise, clock });
    const opening = errorOf(client.bare());
    await clock.advance(20_000);
    await opening;
    late.resolve('token');
    // The first one would have opened before another one.
    (await new Client({ endpoint: entra(server.url) }).bare()).close();
    assert.equal(server.upgrades.all.length, 1);
  });
});
