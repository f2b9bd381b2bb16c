import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  findRecordingLink,
  LINK_LIFETIME_MS,
  PAGE_LIFETIME_MS,
  type RecordingLinks,
  recordingLinkToken,
} from '../../../src/conversation/recordings/recording-links.ts';
import type { LinkOwner } from '../../../src/conversation/user-message.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { KEYS, saying } from '../saying.ts';

/** A sender with every optional field missing. */
export const owner = (key = 'msteams/a', personKey = '["msteams","user"]'): LinkOwner => {
  const { channel, scope, user, isAllowed, locale, reference } = saying('1');
  return { key, channel, scope, user, personKey, isAllowed, locale, reference };
};

export interface TestRecordingLinks {
  readonly clock: ManualClock;
  readonly store: RecordingLinks;
}

/** The contract of every store of recording links. */
export function describeRecordingLinks(what: string, open: () => Promise<TestRecordingLinks>): void {
  describe(`recording links in ${what}`, () => {
    it('are found complete, whatever the key of their conversation', async () => {
      const { clock, store } = await open();
      for (const key of KEYS) {
        const { id, linkKey, opensUntilMs, expiresAtMs, ...rest } = await store.create(owner(key));
        assert.deepEqual(rest, owner(key));
        assert.equal(opensUntilMs, clock.now() + PAGE_LIFETIME_MS);
        assert.equal(expiresAtMs, clock.now() + LINK_LIFETIME_MS);
        assert.deepEqual(await store.find(id), { id, linkKey, opensUntilMs, expiresAtMs, ...rest });
      }
    });

    it('store nothing of a message except its sender and its reply route', async () => {
      const { store } = await open();
      const { id } = await store.create(saying('1'));
      assert.deepEqual(Object.keys((await store.find(id)) ?? {}).sort(), [
        'channel',
        'expiresAtMs',
        'id',
        'isAllowed',
        'key',
        'linkKey',
        'locale',
        'opensUntilMs',
        'personKey',
        'reference',
        'scope',
        'user',
      ]);
    });

    it('are all different, and found only by their id', async () => {
      const { store } = await open();
      const [one, two] = [await store.create(owner('a')), await store.create(owner('b'))];
      assert.notEqual(one.id, two.id);
      assert.deepEqual(await findRecordingLink(recordingLinkToken(one), store), one);
      assert.deepEqual(await findRecordingLink(recordingLinkToken(two), store), two);
      const [id, end, signature] = recordingLinkToken(one).split('.');
      const other = recordingLinkToken(two).split('.').at(-1);
      const forged = signature?.startsWith('A') ? 'B' : 'A';
      for (const link of [
        one.id,
        `${id}.${end}`,
        `${id}.${end}.${other}`,
        `${id}.zzzzzz.${signature}`,
        `${id}.${end}.${forged}${signature?.slice(1)}`,
        `${two.id}.${end}.${signature}`,
        '',
        '../x',
      ]) {
        assert.equal(await findRecordingLink(link, store), undefined, link);
      }
    });

    it('are limited to one for each user in a conversation: a new one ends the last', async () => {
      const { store } = await open();
      const others = [await store.create(owner('a', 'other')), await store.create(owner('b'))];
      const earlier = [await store.create(owner('a')), await store.create(owner('a'))];
      const last = await store.create(owner('a'));
      for (const { id } of earlier) {
        assert.equal(await store.find(id), undefined);
        assert.equal(await store.claim(id), false);
      }
      for (const each of [last, ...others]) assert.deepEqual(await store.find(each.id), each);
      assert.equal(await store.claim(last.id), true);
      for (const each of others) assert.deepEqual(await store.find(each.id), each);
    });

    it('are used once, even by many concurrent uploads', async () => {
      const { store } = await open();
      const { id } = await store.create(owner());
      const taken = await Promise.all(Array.from({ length: 8 }, () => store.claim(id)));
      assert.equal(taken.filter(Boolean).length, 1);
      assert.equal(await store.find(id), undefined);
      assert.equal(await store.claim(id), false);
    });

    it('expire twenty minutes after they were made', async () => {
      const { clock, store } = await open();
      const { id } = await store.create(owner());
      await clock.advance(LINK_LIFETIME_MS - 1);
      assert.notEqual(await store.find(id), undefined);
      await clock.advance(1);
      assert.equal(await store.find(id), undefined);
    });

    it('are forgotten with their conversation, and no others', async () => {
      const { store } = await open();
      const [one, two] = [await store.create(owner('a')), await store.create(owner('a', 'other'))];
      const other = await store.create(owner('b'));
      for (let count = 0; count < 2; count++) await store.forget('a');
      for (const { id } of [one, two]) {
        assert.equal(await store.find(id), undefined);
        assert.equal(await store.claim(id), false);
      }
      assert.deepEqual(await store.find(other.id), other);
    });

    it('are not found by an invalid id', async () => {
      const { store } = await open();
      for (const id of ['', 'x', '../../conversations/x', '__proto__', 'A'.repeat(33), 'ü'.repeat(33)]) {
        assert.equal(await store.find(id), undefined, id);
        assert.equal(await store.claim(id), false, id);
      }
    });
  });
}
