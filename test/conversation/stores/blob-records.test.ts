import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { conversationId } from '../../../src/conversation/keys.ts';
import { EMPTY_RECORD } from '../../../src/conversation/records.ts';
import { createBlobRecords } from '../../../src/conversation/stores/blob-records.ts';
import { all, once, type StorageUnderTest, startStorage } from '../../storage/storage-under-test.ts';
import { FULL, itKeepsRecords, RETENTION_MS, saying } from './records-contract.ts';

let storage: StorageUnderTest;
before(async () => {
  storage = await startStorage();
});
after(() => storage[Symbol.asyncDispose]());
beforeEach(() => {
  storage.proxy.rule = () => undefined;
});

async function records() {
  const { blobs, clock, log } = await storage.container();
  const open = () => createBlobRecords({ blobs, clock, log: log.log, retentionMs: RETENTION_MS });
  return { blobs, clock, log, store: open(), other: open() };
}

const nameOf = (key: string) => `conversations/${conversationId(key)}.json`;

itKeepsRecords('blobs', records);

describe('records in blobs', () => {
  it('are shared: of two instances that write the very same over the very same one wins', async () => {
    const { store, other } = await records();
    for (let round = 0; round < 20; round++) {
      const { tag } = await store.read('a');
      const tries = [store.write('a', saying('x'), tag), other.write('a', saying('x'), tag)];
      const done = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled');
      assert.equal(done.length, 1);
    }
  });

  it('are written for certain when a lost answer is followed by the same call', async () => {
    const { store, other } = await records();
    let tag: string | undefined;
    for (let count = 0; count < 5; count++) {
      once(storage.proxy, 'answerLost', ({ method }) => method === 'PUT');
      await assert.rejects(store.write('a', saying(`${count}`), tag), { code: 'store_unavailable' });
      ({ tag } = await store.write('a', saying(`${count}`), tag));
      assert.deepEqual(await other.read('a'), { record: saying(`${count}`), tag });
    }
    once(storage.proxy, 'answerLost', ({ method }) => method === 'DELETE');
    await assert.rejects(store.delete('a', tag), { code: 'store_unavailable' });
    await store.delete('a', tag);
  });

  it('are read with one request, and written with one', async () => {
    const { store } = await records();
    const before = storage.proxy.requests.length;
    const known = await store.write('a', FULL, undefined);
    await store.read('a', known);
    await store.read('b');
    const { tag } = await store.write('a', FULL, known.tag);
    assert.equal(storage.proxy.requests.length - before, 4);
    // And a look for copies of what could not be read.
    await store.delete('a', tag);
    assert.equal(storage.proxy.requests.length - before, 6);
  });

  it('keep their key, and what a newer version has put there', async () => {
    const { blobs, store } = await records();
    const { usage, settings } = FULL;
    const newer = {
      ...FULL,
      key: 'a',
      version: 7,
      mood: { good: true },
      settings: { ...settings, speed: 2 },
      usage: { ...usage, costs: [1] },
    };
    await blobs.write(nameOf('a'), Buffer.from(JSON.stringify(newer)));
    const { record, tag } = await store.read('a');
    assert.equal(record.version, 7);
    await store.write('a', { ...record, refusals: 0 }, tag);
    const blob = await blobs.read(nameOf('a'));
    assert.ok(typeof blob === 'object');
    assert.deepEqual(JSON.parse(blob.body.toString()), JSON.parse(JSON.stringify({ ...newer, refusals: 0 })));
  });

  it('of version 1 are read', async () => {
    const { blobs, store } = await records();
    const { history, refusals, settings, usage } = FULL;
    await blobs.write(nameOf('a'), Buffer.from(JSON.stringify({ version: 1, history, refusals, settings, usage })));
    assert.deepEqual((await store.read('a')).record, {
      ...FULL,
      answered: [],
      unsent: undefined,
      runner: undefined,
      tries: undefined,
    });
  });

  it('have defaults where something is missing or wrong', async () => {
    const { blobs, store } = await records();
    const wrong = {
      version: 'x',
      history: [1, null, { user: 2 }, { user: 'kept', assistant: 3, name: 4 }],
      refusals: -1,
      settings: ['x'],
      usage: { turns: 'x', tokens: { text: [] }, context: null },
      answered: [1, 'kept'],
      unsent: { message: 'x', reply: {} },
      runner: { instance: 'x', untilMs: 'x' },
    };
    for (const [body, record] of [
      [{}, EMPTY_RECORD],
      [wrong, { ...EMPTY_RECORD, history: [{ user: 'kept', assistant: undefined }], answered: ['kept'] }],
    ]) {
      await blobs.write(nameOf('a'), Buffer.from(JSON.stringify(body)));
      assert.deepEqual((await store.read('a')).record, record);
    }
  });

  it('that cannot be read are put aside and begin anew', async () => {
    for (const garbage of ['', 'x{', '[]', 'null', '"x"', '1']) {
      const { blobs, store, log } = await records();
      const written = await blobs.write(nameOf('a'), Buffer.from(garbage));
      const { record, tag } = await store.read('a');
      assert.deepEqual([record, tag], [EMPTY_RECORD, written]);
      assert.equal(log.lines.filter(({ level, blob }) => level === 'error' && blob === nameOf('a')).length, 1);
      const [aside] = await all(blobs.list('unreadable/'));
      const copy = await blobs.read(aside?.name ?? '');
      assert.ok(typeof copy === 'object' && copy.body.toString() === garbage);
      await store.write('a', saying('anew'), tag);
      assert.deepEqual((await store.read('a')).record, saying('anew'));
    }
  });
});
