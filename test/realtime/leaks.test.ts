import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TurnError } from '../../src/errors.ts';
import { azureKey, Client, startMuteServer } from './wire.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
// Code compiled with other flags is compiled again in every process that shares the cache.
setFlagsFromString('--no-expose-gc');

/** How many of the objects survive garbage collection. */
async function leftOf(objects: readonly WeakRef<object>[]): Promise<number> {
  const count = () => objects.filter((object) => object.deref() !== undefined).length;
  for (let tries = 0; tries < 10 && count() > 0; tries++) {
    await wait(10);
    collectGarbage();
  }
  return count();
}

/** Opens and closes, in a function of its own: its variables would hold the objects. */
async function openAndClose(url: string, goesOn: AbortSignal): Promise<WeakRef<object>> {
  const client = new Client({ endpoint: azureKey(url) });
  const connection = await client.bare(AbortSignal.any([goesOn, new AbortController().signal]));
  connection.close();
  await client.closed.when(1);
  return new WeakRef(connection);
}

/** Fails without a token. */
async function failToOpen(url: string, goesOn: AbortSignal): Promise<WeakRef<object>> {
  const endpoint = { kind: 'azureEntraId', endpoint: url, model: 'm', scope: 's' } as const;
  const client = new Client({ endpoint, tokens: () => () => Promise.reject(new Error('no identity here')) });
  const opening = client.bare(AbortSignal.any([goesOn, new AbortController().signal]));
  const reason = await opening.catch((error: unknown) => error);
  assert.ok(reason instanceof TurnError);
  return new WeakRef(reason);
}

describe('a long-running process', { timeout: 20_000 }, () => {
  for (const [name, use] of Object.entries({ 'connections that were closed': openAndClose, failures: failToOpen })) {
    it(`releases ${name}`, async (t) => {
      const server = await startMuteServer();
      t.after(() => server[Symbol.asyncDispose]());
      const goesOn = new AbortController();
      const objects: WeakRef<object>[] = [];
      for (let index = 0; index < 5; index++) objects.push(await use(server.url, goesOn.signal));
      assert.equal(await leftOf(objects), 0);
      assert.equal(goesOn.signal.aborted, false);
    });
  }
});
