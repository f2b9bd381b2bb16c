import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordStore } from '../../../src/conversation/record-store.ts';
import { type ConversationRecord, EMPTY_RECORD } from '../../../src/conversation/records.ts';
import type { ManualClock } from '../../support/manual-clock.ts';

export const DAY_MS = 86_400_000;
export const RETENTION_MS = 30 * DAY_MS;

export const saying = (user: string, fields: Partial<ConversationRecord> = {}): ConversationRecord => ({
  ...EMPTY_RECORD,
  history: [{ user, assistant: 'yes' }],
  ...fields,
});

/** A record in which nothing is missing. */
export const FULL: ConversationRecord = {
  version: 2,
  history: [
    { user: 'ü 日本 😀 "x"\n', assistant: 'yes', name: 'Ann', activityId: '1' },
    { user: 'unanswered', assistant: undefined },
  ],
  refusals: 2,
  settings: { voice: 'marin', modality: 'text' },
  usage: {
    turns: 3,
    audioMs: 4.5,
    tokens: {
      text: { in: 1, cached: 2, out: 3 },
      audio: { in: 4, cached: 5, out: 6 },
      image: { in: 7, cached: 8, out: 9 },
    },
    context: { text: 10, audio: 11 },
  },
  lastTurn: undefined,
  answered: ['a', 'b'],
  unsent: { message: 'b', reply: { text: 'Hi', addsToShown: true, isFromModel: false }, audioId: 'c' },
  tries: { message: 'd', count: 2 },
  runner: { instance: 'one', untilMs: 12 },
};

export const KEYS = ['a', '', 'ü/日本語?#%', 'x'.repeat(5_000), '../../etc/passwd', 'A'];

export interface RecordsUnderTest {
  readonly clock: ManualClock;
  readonly store: RecordStore;
}

const conflict = { name: 'StoreError', code: 'store_conflict' };

/** What every store of records does, whatever it keeps them in. */
export function itKeepsRecords(what: string, open: () => Promise<RecordsUnderTest>): void {
  describe(`records in ${what}`, () => {
    it('are empty for a conversation that nobody knows', async () => {
      const { store } = await open();
      assert.deepEqual(await store.read('a'), { record: EMPTY_RECORD, tag: undefined });
    });

    it('are kept whole, for each conversation, whatever its key', async () => {
      const { store } = await open();
      for (const key of KEYS) await store.write(key, { ...FULL, answered: [key] }, undefined);
      for (const key of KEYS) assert.deepEqual((await store.read(key)).record, { ...FULL, answered: [key] });
    });

    it('are written over the version that was read', async () => {
      const { store } = await open();
      const one = await store.write('a', saying('one'), undefined);
      assert.deepEqual(one.record, saying('one'));
      assert.deepEqual(await store.read('a'), one);
      const two = await store.write('a', saying('two'), one.tag);
      assert.notEqual(two.tag, one.tag);
      assert.deepEqual(await store.read('a'), two);
    });

    it('are never written over unseen', async () => {
      const { store } = await open();
      const one = await store.write('a', saying('one'), undefined);
      const two = await store.write('a', saying('two'), one.tag);
      await assert.rejects(store.write('a', saying('three'), one.tag), conflict);
      await assert.rejects(store.write('a', saying('three'), undefined), conflict);
      await assert.rejects(store.delete('a', one.tag), conflict);
      assert.deepEqual(await store.read('a'), two);
    });

    it('are won by one of many who write at once', async () => {
      const { store } = await open();
      const { tag } = await store.write('a', saying('first'), undefined);
      const tries = Array.from({ length: 8 }, (_, index) => store.write('a', saying(`${index}`), tag));
      const done = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled');
      assert.equal(done.length, 1);
    });

    it('are given back as they are known while nobody has written', async () => {
      const { store } = await open();
      const one = await store.write('a', saying('one'), undefined);
      assert.equal(await store.read('a', one), one);
      const read = await store.read('a');
      assert.equal(await store.read('a', read), read);
      const two = await store.write('a', saying('two'), one.tag);
      assert.deepEqual(await store.read('a', one), two);
      await store.delete('a', two.tag);
      assert.deepEqual(await store.read('a', two), { record: EMPTY_RECORD, tag: undefined });
    });

    it('are forgotten when they are deleted, and nothing else is', async () => {
      const { store } = await open();
      const { tag } = await store.write('a', saying('one'), undefined);
      await store.write('b', saying('two'), undefined);
      await store.delete('a', tag);
      await store.delete('a', tag);
      await store.delete('unknown', undefined);
      assert.deepEqual(await store.read('a'), { record: EMPTY_RECORD, tag: undefined });
      assert.deepEqual((await store.read('b')).record, saying('two'));
      await store.write('a', saying('anew'), undefined);
    });

    it('are forgotten when nothing was said for the whole retention, and begin anew', async () => {
      const { clock, store } = await open();
      const known = await store.write('a', saying('one'), undefined);
      // A store has its own clock, a second or so apart.
      await clock.advance(RETENTION_MS - 60_000);
      assert.deepEqual((await store.read('a')).record, saying('one'));
      await clock.advance(120_000);
      assert.deepEqual((await store.read('a', known)).record, EMPTY_RECORD);
      const { record, tag } = await store.read('a');
      assert.deepEqual(record, EMPTY_RECORD);
      await store.write('a', saying('two'), tag);
    });
  });
}
