import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PendingEntry, PendingStore } from '../../../src/conversation/pending-store.ts';
import type { UserMessage } from '../../../src/conversation/user-message.ts';
import type { WatchedLog } from '../../channel/watched-log.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { KEYS } from './records-contract.ts';

/** A message in which something is missing wherever something may be. */
export const saying = (activityId: string, fields: Partial<UserMessage> = {}): UserMessage => ({
  key: 'msteams/a',
  activityId,
  channel: 'msteams',
  scope: 'personal',
  user: { id: 'user', name: undefined, aadObjectId: undefined },
  personKey: '["msteams","user"]',
  isAllowed: true,
  locale: undefined,
  isInBand: false,
  text: 'ü 日本 😀',
  attachments: [
    { kind: 'file', url: 'https://a.example/b', name: undefined, claimedType: 'image/png', fileType: undefined },
    { kind: 'file', url: '', attachmentId: '0-x', name: undefined, claimedType: 'image/*', fileType: undefined },
    { kind: 'recording', audioId: 'abc' },
  ],
  reference: { activity: { id: activityId }, claims: [{ type: 'aud', value: 'x' }], audience: undefined },
  ...fields,
});

export interface PendingUnderTest {
  readonly clock: ManualClock;
  readonly log: WatchedLog;
  readonly store: PendingStore;
}

/** What every store of accepted messages does, whatever it keeps them in. */
export function itKeepsMessages(what: string, open: () => Promise<PendingUnderTest>): void {
  const waiting = async (store: PendingStore, key?: string) => (await store.list(key)).filter(({ isDone }) => !isDone);
  const only = async (store: PendingStore): Promise<PendingEntry> => {
    const [entry, ...others] = await waiting(store);
    assert.ok(entry !== undefined && others.length === 0);
    return entry;
  };

  describe(`accepted messages in ${what}`, () => {
    it('are accepted once', async () => {
      const { store } = await open();
      assert.equal(await store.add(saying('1')), true);
      assert.equal(await store.add(saying('1')), false);
      assert.equal(await store.add(saying('2')), true);
      const tries = Array.from({ length: 8 }, () => store.add(saying('3')));
      assert.equal((await Promise.all(tries)).filter(Boolean).length, 1);
    });

    it('are given back whole, with what is known of them', async () => {
      const { clock, store } = await open();
      const acceptedAtMs = clock.now();
      await store.add(saying('1'));
      const { name: _, tag, conversation, touchedAtMs, ...entry } = await only(store);
      assert.deepEqual(entry, { acceptedAtMs, tries: 1, isDone: false });
      assert.ok(tag !== '' && !conversation.includes('msteams'));
      assert.ok(Math.abs(touchedAtMs - acceptedAtMs) < 60_000);
      assert.deepEqual(await store.read(await only(store)), { turn: saying('1'), acceptedAtMs, tries: 1 });
    });

    it('are listed by conversation, the first accepted first', async () => {
      const { clock, store } = await open();
      for (const id of ['3', '1', '2']) {
        for (const key of KEYS) await store.add(saying(id, { key }));
        await clock.advance(1);
      }
      assert.equal((await waiting(store)).length, 3 * KEYS.length);
      for (const key of KEYS) {
        const entries = await waiting(store, key);
        assert.equal(new Set(entries.map(({ conversation }) => conversation)).size, 1);
        const read = await Promise.all(entries.map((entry) => store.read(entry)));
        assert.deepEqual(
          read.map((message) => message?.turn.activityId),
          ['3', '1', '2'],
        );
        assert.ok(read.every((message) => message?.turn.key === key));
      }
      const accepted = (await waiting(store)).map(({ acceptedAtMs }) => acceptedAtMs);
      assert.deepEqual(accepted, accepted.toSorted());
      assert.deepEqual(await store.list('unknown'), []);
    });

    it('are forgotten once they are answered', async () => {
      const { store } = await open();
      await store.add(saying('1'));
      const entry = await only(store);
      assert.equal(await store.has(saying('1')), true);
      for (let count = 0; count < 2; count++) {
        await store.remove(saying('1'));
        assert.equal(await store.has(saying('1')), false);
      }
      assert.equal(await store.read(entry), undefined);
      assert.equal(await store.take(entry), false);
      assert.deepEqual(await store.list(), []);
      assert.equal(await store.add(saying('1')), true);
    });

    it('stay known for a while where they stand in no record', async () => {
      const { store } = await open();
      await store.add(saying('1'));
      const entry = await only(store);
      for (let count = 0; count < 2; count++) {
        await store.finish(saying('1'));
        assert.equal(await store.has(saying('1')), false);
        assert.equal(await store.add(saying('1')), false);
      }
      assert.equal(await store.read(entry), undefined);
      assert.equal(await store.take(entry), false);
      assert.deepEqual(await waiting(store), []);
    });

    it('are taken by one alone, and count how often', async () => {
      const { store } = await open();
      await store.add(saying('1'));
      const first = await only(store);
      assert.equal(await store.take(first), true);
      const second = await only(store);
      assert.notEqual(second.tag, first.tag);
      assert.deepEqual([second.tries, second.acceptedAtMs], [2, first.acceptedAtMs]);
      assert.deepEqual(await store.read(second), { turn: saying('1'), acceptedAtMs: first.acceptedAtMs, tries: 2 });
      assert.equal(await store.take(second), true);
      assert.equal(await store.take(first), false);
      assert.equal((await only(store)).tries, 3);
    });

    it('are discarded when they are withdrawn', async () => {
      const { store } = await open();
      await store.add(saying('1'));
      const entry = await only(store);
      for (let count = 0; count < 2; count++) await store.discard(entry);
      assert.equal(await store.has(saying('1')), false);
      assert.equal(await store.add(saying('1')), false, 'it is not accepted again');
    });

    it('are kept no more when they fail', async () => {
      const { store, log } = await open();
      await store.add(saying('1'));
      for (let count = 0; count < 2; count++) await store.fail(saying('1'));
      assert.deepEqual(await store.list(), []);
      assert.ok(!JSON.stringify(log.lines).includes('日本'), 'what people write is not logged');
    });
  });
}
