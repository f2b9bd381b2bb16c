import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createAzureBlobAudioStore } from '../../src/audio/azure-blob-audio-store.ts';
import { randomIds } from '../../src/ids.ts';
import { all, once, type StorageUnderTest, startStorage } from '../storage/storage-under-test.ts';
import { storageError } from '../support/storage-proxy.ts';
import { itStoresAudio, RETENTION_MS, save } from './audio-store-contract.ts';

let storage: StorageUnderTest;
before(async () => {
  storage = await startStorage();
});
after(() => storage[Symbol.asyncDispose]());
beforeEach(() => {
  storage.proxy.rule = () => undefined;
});

async function stores() {
  const { blobs, clock, log } = await storage.container();
  const open = () =>
    createAzureBlobAudioStore({ blobs, retentionMs: RETENTION_MS, clock, ids: randomIds, log: log.log });
  return { blobs, clock, log, store: open(), other: open() };
}

/** The calls since `from`, without blob names. */
function callsSince(from: number): string[] {
  return storage.proxy.requests.slice(from).map(({ method, path, headers }) => {
    const range = headers['x-ms-range'] === undefined ? '' : ` ${headers['x-ms-range']}`;
    return `${method} ${path.replace(/.*\./, '.')}${range}`;
  });
}

itStoresAudio('Azure Blob Storage', stores);

describe('audio in Azure Blob Storage', () => {
  it('is shared by all instances, and is forgotten for all at once', async () => {
    const { store, other } = await stores();
    const audio = await save(store);
    assert.deepEqual(await other.find(audio.id), audio);
    await store.forget(audio.conversation);
    assert.equal(await other.find(audio.id), undefined);
    assert.equal(await other.read(audio.id), undefined);
  });

  it('takes one call for a lookup and one for a read, and no condition or lease', async () => {
    const { store } = await stores();
    const from = storage.proxy.requests.length;
    const { id } = await save(store, { wav: randomBytes(10_000) });
    assert.deepEqual(callsSince(from).sort(), ['PUT .json', 'PUT .wav']);
    const found = storage.proxy.requests.length;
    await store.find(id);
    await store.read(id, { start: 100, end: 199 });
    await store.remove(id);
    assert.deepEqual(callsSince(found), ['GET .json', 'GET .wav bytes=100-199', 'DELETE .json', 'DELETE .wav']);
    for (const { headers } of storage.proxy.requests.slice(from))
      for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^if-|lease/);
  });

  it('is a plain WAV file in the account', async () => {
    const { store, blobs } = await stores();
    const wav = randomBytes(100);
    await save(store, { wav });
    const names = await all(blobs.list(''));
    assert.match(names.join(' '), /^([\w-]{11}\/[\w-]{22})\.json \1\.wav$/);
    const blob = await blobs.read(names[1] ?? '');
    assert.ok(blob?.body.equals(wav));
  });

  it('cannot be saved while the account does not respond', async () => {
    const { store } = await stores();
    const { id } = await save(store);
    for (const fate of [
      'dropRequest',
      storageError(503, 'ServerBusy'),
      storageError(403, 'AuthorizationFailure'),
    ] as const) {
      storage.proxy.rule = () => fate;
      const calls = [() => store.find(id), () => store.read(id), () => store.read(id, { start: 0, end: 1 })];
      for (const call of [...calls, () => store.remove(id), () => store.forget('another'), () => save(store)])
        await assert.rejects(call(), { name: 'StoreError' });
    }
  });

  it('is saved even if the first try fails or its response is lost', async () => {
    const { store, other } = await stores();
    for (const ending of ['.wav', '.json']) {
      for (const fate of ['dropRequest', 'dropResponse'] as const) {
        once(storage.proxy, fate, ({ path }) => path.endsWith(ending));
        const audio = await save(store);
        assert.deepEqual(await other.find(audio.id), audio);
        assert.equal((await other.read(audio.id))?.byteLength, audio.byteLength);
      }
    }
  });

  it('is forgotten completely, even after a failed try', async () => {
    const { store, blobs } = await stores();
    for (let count = 0; count < 15; count++) await save(store);
    once(storage.proxy, 'dropResponse', ({ method }) => method === 'DELETE');
    await assert.rejects(store.forget('webchat/1'), { code: 'store_unavailable' });
    await store.forget('webchat/1');
    assert.deepEqual(await all(blobs.list('')), []);
  });

  it('is reported as not found and logged if it is unreadable', async () => {
    const { blobs, store, log } = await stores();
    const id = 'A'.repeat(11) + 'B'.repeat(22);
    const partial = [{ id }, { id, linkKey: 'k' }, { id, linkKey: 1, expiresAtMs: 9e15 }, { id, expiresAtMs: 9e15 }];
    const bodies = ['', 'x', '{}', '[]', 'null', '{"id":1}', '{{}}', ...partial.map((each) => JSON.stringify(each))];
    for (const body of bodies) {
      await blobs.write(`${'A'.repeat(11)}/${'B'.repeat(22)}.json`, Buffer.from(body), 'application/json');
      assert.equal(await store.find(id), undefined, body);
    }
    assert.equal(log.lines.filter(({ level }) => level === 'error').length, bodies.length);
  });
});
