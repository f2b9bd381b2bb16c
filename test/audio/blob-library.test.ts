import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createBlobLibrary } from '../../src/audio/blob-library.ts';
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
  const open = (cacheBytes = 1_000_000) =>
    createBlobLibrary({ blobs, cacheBytes, retentionMs: RETENTION_MS, clock, ids: randomIds, log: log.log });
  return { blobs, clock, log, store: open(), other: open(), open };
}

const unavailable = { code: 'store_unavailable' };

itStoresAudio('blobs', stores);
itStoresAudio('blobs, without a cache', async () => {
  const { clock, open } = await stores();
  return { clock, store: open(1) };
});

describe('audio in blobs', () => {
  it('is shared, and ends for all at once', async () => {
    const { store, other } = await stores();
    const audio = await save(store);
    assert.deepEqual(await other.find(audio.id), audio);
    await store.forget(audio.conversation);
    assert.equal(await other.find(audio.id), undefined);
  });

  it('is sent once, and then only asked for', async () => {
    const { store, other } = await stores();
    const { id } = await save(store);
    const before = storage.proxy.requests.length;
    await store.find(id);
    await other.find(id);
    await other.find(id);
    const methods = storage.proxy.requests.slice(before).map(({ method }) => method);
    assert.deepEqual(methods, ['HEAD', 'GET', 'HEAD']);
  });

  it('is served from the cache while the store is away, and is not said to be unknown without one', async () => {
    const { store, other } = await stores();
    const audio = await save(store);
    const fates = ['drop', storageError(503, 'ServerBusy'), storageError(403, 'AuthorizationFailure')] as const;
    for (const fate of fates) {
      storage.proxy.rule = () => fate;
      assert.deepEqual(await store.find(audio.id), audio);
      await assert.rejects(other.find(audio.id), { name: 'StoreError' });
      await assert.rejects(store.forget('another'), { name: 'StoreError' });
    }
  });

  it('is saved where the first try meets a dead connection, or its answer is lost', async () => {
    const { store, other } = await stores();
    for (const fate of ['drop', 'answerLost'] as const) {
      once(storage.proxy, fate);
      const audio = await save(store);
      assert.deepEqual(await other.find(audio.id), audio);
    }
  });

  it('that cannot be saved says so, and can be saved again', async () => {
    const { store, other, blobs } = await stores();
    storage.proxy.rule = () => 'drop';
    await assert.rejects(save(store), unavailable);
    storage.proxy.rule = () => undefined;
    const audio = await save(store);
    assert.deepEqual(await other.find(audio.id), audio);
    once(storage.proxy, 'answerLost', ({ method }) => method === 'DELETE');
    await assert.rejects(store.forget(audio.conversation), unavailable);
    await store.forget(audio.conversation);
    assert.deepEqual(await all(blobs.list('')), []);
  });

  it('is bounded in the cache, and larger sounds are stored nevertheless', async () => {
    const { open, other } = await stores();
    const store = open(2_500);
    const sounds = [await save(store), await save(store), await save(store, { wav: randomBytes(3_000) })];
    for (const audio of [...sounds, ...sounds]) assert.deepEqual(await store.find(audio.id), audio);
    for (const audio of sounds) assert.deepEqual(await other.find(audio.id), audio);
  });

  it('that cannot be read is not found, and is logged', async () => {
    const { blobs, store, log } = await stores();
    const written = [
      { body: 'x', metadata: {} },
      { body: 'x', metadata: { header: '2' } },
      { body: '{}x', metadata: { header: '2' } },
      { body: '{{}}', metadata: { header: '4' } },
    ];
    for (const { body, metadata } of written) {
      await blobs.write(`${'A'.repeat(11)}/${'B'.repeat(22)}`, Buffer.from(body), { metadata });
      assert.equal(await store.find(`${'A'.repeat(11)}${'B'.repeat(22)}`), undefined);
    }
    assert.equal(log.lines.filter(({ level }) => level === 'error').length, written.length);
  });
});
