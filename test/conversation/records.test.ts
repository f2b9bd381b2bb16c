import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ConversationRecord,
  createMemoryRecords,
  EMPTY_RECORD,
  type MemoryRecordsOptions,
} from '../../src/conversation/records.ts';
import { ManualClock } from '../support/manual-clock.ts';

const DAY_MS = 86_400_000;

function records(options: Partial<MemoryRecordsOptions> = {}) {
  const clock = new ManualClock();
  return { clock, ...createMemoryRecords({ clock, retentionMs: 30 * DAY_MS, ...options }) };
}

const saying = (user: string): ConversationRecord => ({
  ...EMPTY_RECORD,
  history: [{ user, assistant: 'yes' }],
});

describe('records in memory', () => {
  it('are empty for a conversation that nobody knows', async () => {
    assert.deepEqual(await records().read('a'), EMPTY_RECORD);
    const { version, history, refusals, settings, usage } = EMPTY_RECORD;
    assert.deepEqual({ version, history, refusals, settings }, { version: 1, history: [], refusals: 0, settings: {} });
    assert.equal(usage.turns, 0);
  });

  it('keep what was written last, for each conversation', async () => {
    const { read, write } = records();
    await write('a', saying('one'));
    await write('b', saying('two'));
    await write('a', saying('three'));
    assert.deepEqual(await read('a'), saying('three'));
    assert.deepEqual(await read('b'), saying('two'));
  });

  it('forget what is deleted, and nothing else', async () => {
    const store = records();
    await store.write('a', saying('one'));
    await store.write('b', saying('two'));
    await store.delete('a');
    await store.delete('unknown');
    assert.deepEqual(await store.read('a'), EMPTY_RECORD);
    assert.deepEqual(await store.read('b'), saying('two'));
  });

  it('forget a conversation in which nothing was said for the whole retention', async () => {
    const { clock, read, write } = records();
    await write('a', saying('one'));
    await clock.advance(30 * DAY_MS - 1);
    assert.deepEqual(await read('a'), saying('one'));
    await clock.advance(1);
    assert.deepEqual(await read('a'), EMPTY_RECORD);
  });

  it('begin the retention anew with every write, not with a read', async () => {
    const { clock, read, write } = records();
    await write('a', saying('one'));
    await write('b', saying('one'));
    await clock.advance(20 * DAY_MS);
    await write('a', saying('two'));
    await read('b');
    await clock.advance(10 * DAY_MS);
    assert.deepEqual(await read('a'), saying('two'));
    assert.deepEqual(await read('b'), EMPTY_RECORD);
  });

  it('forget the least recently used conversations when there is no more room', async () => {
    const { read, write } = records({ maxBytes: 10_000 });
    for (const key of ['a', 'b', 'c']) await write(key, saying('x'.repeat(1_000)));
    await read('a');
    await write('d', saying('x'.repeat(1_000)));
    assert.deepEqual(await read('b'), EMPTY_RECORD);
    for (const key of ['a', 'c', 'd']) assert.notDeepEqual(await read(key), EMPTY_RECORD);
  });

  it('are bounded however short they are', async () => {
    const { read, write } = records({ maxBytes: 100_000 });
    const keys = Array.from({ length: 1_000 }, (_, index) => `conversation ${index}`);
    for (const key of keys) await write(key, saying(''));
    const kept = (await Promise.all(keys.map(read))).filter(({ history }) => history.length > 0);
    assert.ok(kept.length >= 50 && kept.length <= 300, `${kept.length} were kept`);
    assert.deepEqual(await read('conversation 999'), saying(''));
    assert.deepEqual(await read('conversation 0'), EMPTY_RECORD);
  });

  it('take a record that is larger than all the room without a complaint, and keep the others', async () => {
    const { read, write } = records({ maxBytes: 10_000 });
    await write('small', saying('one'));
    await write('large', saying('x'.repeat(10_000)));
    assert.deepEqual(await read('large'), EMPTY_RECORD);
    assert.deepEqual(await read('small'), saying('one'));
  });
});
