import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EMPTY_RECORD } from '../../../src/conversation/records.ts';
import { createMemoryRecords, type MemoryRecordsOptions } from '../../../src/conversation/stores/memory-records.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { DAY_MS, itKeepsRecords, RETENTION_MS, saying } from './records-contract.ts';

function records(options: Partial<MemoryRecordsOptions> = {}) {
  const clock = new ManualClock();
  return { clock, store: createMemoryRecords({ clock, retentionMs: RETENTION_MS, ...options }) };
}

itKeepsRecords('memory', async () => records());

describe('records in memory', () => {
  it('begin the retention anew with every write, not with a read', async () => {
    const { clock, store } = records();
    const { tag } = await store.write('a', saying('one'), undefined);
    await store.write('b', saying('one'), undefined);
    await clock.advance(20 * DAY_MS);
    await store.write('a', saying('two'), tag);
    await store.read('b');
    await clock.advance(10 * DAY_MS);
    assert.deepEqual((await store.read('a')).record, saying('two'));
    assert.deepEqual(await store.read('b'), { record: EMPTY_RECORD, tag: undefined });
  });

  it('forget the least recently used conversations when there is no more room', async () => {
    const { store } = records({ maxBytes: 10_000 });
    for (const key of ['a', 'b', 'c']) await store.write(key, saying('x'.repeat(1_000)), undefined);
    await store.read('a');
    await store.write('d', saying('x'.repeat(1_000)), undefined);
    assert.equal((await store.read('b')).record, EMPTY_RECORD);
    for (const key of ['a', 'c', 'd']) assert.notEqual((await store.read(key)).record, EMPTY_RECORD);
  });

  it('that were pushed out are written again by those who still have them', async () => {
    const { store } = records({ maxBytes: 3_000 });
    const { tag } = await store.write('a', saying('x'.repeat(1_000)), undefined);
    await store.write('b', saying('x'.repeat(1_000)), undefined);
    assert.equal((await store.read('a')).tag, undefined);
    await store.write('a', saying('again'), tag);
    assert.deepEqual((await store.read('a')).record, saying('again'));
  });

  it('are bounded however short they are, and whatever is long in them', async () => {
    const text = 'x'.repeat(500);
    for (const fields of [{}, { answered: [text] }, { unsent: { message: 'a', reply: { text } } }]) {
      const { store } = records({ maxBytes: 100_000 });
      const keys = Array.from({ length: 1_000 }, (_, index) => `conversation ${index}`);
      for (const key of keys) await store.write(key, saying('', fields), undefined);
      const kept = (await Promise.all(keys.map((key) => store.read(key)))).filter(({ tag }) => tag !== undefined);
      assert.ok(kept.length >= 50 && kept.length <= 300, `${kept.length} were kept`);
      assert.notEqual((await store.read('conversation 999')).tag, undefined);
    }
  });

  it('take a record that is larger than all the room without a complaint, and keep the others', async () => {
    const { store } = records({ maxBytes: 10_000 });
    await store.write('small', saying('one'), undefined);
    await store.write('large', saying('x'.repeat(10_000)), undefined);
    assert.equal((await store.read('large')).record, EMPTY_RECORD);
    assert.deepEqual((await store.read('small')).record, saying('one'));
  });
});
