import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createBlobLibrary } from '../../src/audio/blob-library.ts';
import { randomIds } from '../../src/ids.ts';
import { all, once, type StorageUnderTest, startStorage } from '../storage/storage-under-test.ts';
import { storageError } from '../support/storage-proxy.ts';
import { itKeepsAudio, RETENTION_MS, save } from './library-contract.ts';

let storage: StorageUnderTest;
before(async () => {
  storage = await startStorage();
});
after(() => storage[Symbol.asyncDispose]());
beforeEach(() => {
  storage.proxy.rule = () => undefined;
});

async function libraries() {
  const { blobs, clock, log } = await storage.container();
  const open = (cacheBytes = 1_000_000) =>
    createBlobLibrary({ blobs, cacheBytes, retentionMs: RETENTION_MS, clock, ids: randomIds, log: log.log });
  return { blobs, clock, log, library: open(), other: open(), open };
}

const unavailable = { code: 'store_unavailable' };

itKeepsAudio('blobs', libraries);
itKeepsAudio('blobs, without a cache', async () => {
  const { clock, open } = await libraries();
  return { clock, library: open(1) };
});

describe('audio in blobs', () => {
  it('is shared, and ends for all at once', async () => {
    const { library, other } = await libraries();
    const audio = await save(library);
    assert.deepEqual(await other.find(audio.id), audio);
    await library.forget(audio.conversation);
    assert.equal(await other.find(audio.id), undefined);
  });

  it('is sent once, and then only asked for', async () => {
    const { library, other } = await libraries();
    const { id } = await save(library);
    const before = storage.proxy.requests.length;
    await library.find(id);
    await other.find(id);
    await other.find(id);
    const methods = storage.proxy.requests.slice(before).map(({ method }) => method);
    assert.deepEqual(methods, ['HEAD', 'GET', 'HEAD']);
  });

  it('is served from the cache while the store is away, and is not said to be unknown without one', async () => {
    const { library, other } = await libraries();
    const audio = await save(library);
    const fates = ['drop', storageError(503, 'ServerBusy'), storageError(403, 'AuthorizationFailure')] as const;
    for (const fate of fates) {
      storage.proxy.rule = () => fate;
      assert.deepEqual(await library.find(audio.id), audio);
      await assert.rejects(other.find(audio.id), { name: 'StoreError' });
      await assert.rejects(library.forget('another'), { name: 'StoreError' });
    }
  });

  it('is saved where the first try meets a dead connection, or its answer is lost', async () => {
    const { library, other } = await libraries();
    for (const fate of ['drop', 'answerLost'] as const) {
      once(storage.proxy, fate);
      const audio = await save(library);
      assert.deepEqual(await other.find(audio.id), audio);
    }
  });

  it('that cannot be saved says so, and can be saved again', async () => {
    const { library, other, blobs } = await libraries();
    storage.proxy.rule = () => 'drop';
    await assert.rejects(save(library), unavailable);
    storage.proxy.rule = () => undefined;
    const audio = await save(library);
    assert.deepEqual(await other.find(audio.id), audio);
    once(storage.proxy, 'answerLost', ({ method }) => method === 'DELETE');
    await assert.rejects(library.forget(audio.conversation), unavailable);
    await library.forget(audio.conversation);
    assert.deepEqual(await all(blobs.list('')), []);
  });

  it('is bounded in the cache, and larger sounds are stored nevertheless', async () => {
    const { open, other } = await libraries();
    const library = open(2_500);
    const sounds = [await save(library), await save(library), await save(library, { wav: randomBytes(3_000) })];
    for (const audio of [...sounds, ...sounds]) assert.deepEqual(await library.find(audio.id), audio);
    for (const audio of sounds) assert.deepEqual(await other.find(audio.id), audio);
  });

  it('that cannot be read is not found, and is logged', async () => {
    const { blobs, library, log } = await libraries();
    const written = [
      { body: 'x', metadata: {} },
      { body: 'x', metadata: { header: '2' } },
      { body: '{}x', metadata: { header: '2' } },
      { body: '{{}}', metadata: { header: '4' } },
    ];
    for (const { body, metadata } of written) {
      await blobs.write(`${'A'.repeat(11)}/${'B'.repeat(22)}`, Buffer.from(body), { metadata });
      assert.equal(await library.find(`${'A'.repeat(11)}${'B'.repeat(22)}`), undefined);
    }
    assert.equal(log.lines.filter(({ level }) => level === 'error').length, written.length);
  });
});
