import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { PendingEntry, PendingStore } from '../../../src/conversation/pending-store.ts';
import { createBlobPending } from '../../../src/conversation/stores/blob-pending.ts';
import { all, once, type StorageUnderTest, startStorage } from '../../storage/storage-under-test.ts';
import { itKeepsMessages, saying } from './pending-contract.ts';

let storage: StorageUnderTest;
before(async () => {
  storage = await startStorage();
});
after(() => storage[Symbol.asyncDispose]());
beforeEach(() => {
  storage.proxy.rule = () => undefined;
});

async function pending() {
  const { blobs, clock, log } = await storage.container();
  const open = () => createBlobPending({ blobs, clock, log: log.log });
  return { blobs, clock, log, store: open(), other: open() };
}

async function first(store: PendingStore): Promise<PendingEntry> {
  const [entry] = await store.list();
  assert.ok(entry !== undefined);
  return entry;
}

const unavailable = { code: 'store_unavailable' };
const loseNext = (method: string) => once(storage.proxy, 'answerLost', (request) => request.method === method);

itKeepsMessages('blobs', pending);

describe('accepted messages in blobs', () => {
  it('are shared: one instance alone accepts a message, and one takes it', async () => {
    const { store, other } = await pending();
    assert.equal(store.isShared, true);
    for (let round = 0; round < 20; round++) {
      const added = await Promise.all([store.add(saying(`${round}`)), other.add(saying(`${round}`))]);
      assert.equal(added.filter(Boolean).length, 1);
      const [entry] = await store.list();
      assert.ok(entry !== undefined);
      const taken = await Promise.all([store.take(entry), other.take(entry)]);
      assert.equal(taken.filter(Boolean).length, 1);
      await other.remove(saying(`${round}`));
      assert.equal(await store.has(saying(`${round}`)), false);
    }
  });

  it('are accepted once when an answer is lost and the call made again', async () => {
    const { clock, store, other } = await pending();
    loseNext('PUT');
    await assert.rejects(store.add(saying('1')), unavailable);
    await clock.advance(100);
    assert.equal(await other.add(saying('1')), false);
    assert.equal(await store.add(saying('1')), true);
    assert.equal(await store.add(saying('1')), false, 'that is the channel, which sends it twice');
    loseNext('PUT');
    await assert.rejects(store.add(saying('2')), unavailable);
    await store.finish(saying('2'));
    assert.equal(await store.add(saying('2')), false);
  });

  it('bear a lost answer to every other call, too', async () => {
    const { store, log } = await pending();
    await store.add(saying('1'));
    const entry = await first(store);
    loseNext('PUT');
    await assert.rejects(store.take(entry), unavailable);
    assert.equal(await store.take(entry), true);
    assert.equal((await first(store)).tries, 2);
    loseNext('PUT');
    await assert.rejects(store.finish(saying('2')), unavailable);
    await store.finish(saying('2'));
    for (const method of ['PUT', 'DELETE']) {
      loseNext(method);
      await assert.rejects(store.fail(saying('1')), unavailable);
      await store.fail(saying('1'));
      assert.equal(await store.has(saying('1')), false);
      assert.equal(await store.add(saying('1')), true);
    }
    loseNext('DELETE');
    await assert.rejects(store.remove(saying('1')), unavailable);
    await store.remove(saying('1'));
    assert.ok(log.lines.some(({ level }) => level === 'error'));
  });

  it('are accepted with one request', async () => {
    const { store } = await pending();
    const before = storage.proxy.requests.length;
    await store.add(saying('1'));
    await store.remove(saying('1'));
    assert.equal(storage.proxy.requests.length - before, 2);
  });

  it('that failed stand where the operator finds them', async () => {
    const { blobs, store } = await pending();
    await store.add(saying('1'));
    const { name } = await first(store);
    await store.fail(saying('1'));
    const aside = await blobs.read(name.replace('pending/', 'failed/'));
    assert.ok(typeof aside === 'object');
    assert.deepEqual(JSON.parse(aside.body.toString()).turn.text, saying('1').text);
  });

  it('that cannot be read are put aside once', async () => {
    for (const garbage of ['', 'x{', '[]', '{"turn":{}}']) {
      const { blobs, store, log } = await pending();
      await blobs.write('pending/a/b', Buffer.from(garbage));
      const entry = await first(store);
      assert.deepEqual([entry.conversation, entry.tries, entry.isDone], ['a', 1, false]);
      assert.equal(await store.read(entry), undefined);
      assert.deepEqual(await store.list(), []);
      assert.deepEqual(
        (await all(blobs.list('failed/'))).map((facts) => facts.name),
        ['failed/a/b'],
      );
      assert.equal(log.lines.filter(({ level }) => level === 'error').length, 1);
    }
  });

  it('that are done are listed as such', async () => {
    const { store } = await pending();
    await store.finish(saying('1'));
    assert.equal((await first(store)).isDone, true);
  });
});
