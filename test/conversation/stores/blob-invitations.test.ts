import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { invitationLink } from '../../../src/conversation/recordings/invitations.ts';
import { createBlobInvitations } from '../../../src/conversation/stores/blob-invitations.ts';
import { randomIds } from '../../../src/ids.ts';
import { Housekeeping } from '../../../src/storage/housekeeping.ts';
import { all, once, type StorageUnderTest, startStorage } from '../../storage/storage-under-test.ts';
import { guest, itKeepsInvitations } from './invitations-contract.ts';

let storage: StorageUnderTest;
before(async () => {
  storage = await startStorage();
});
after(() => storage[Symbol.asyncDispose]());
beforeEach(() => {
  storage.proxy.rule = () => undefined;
});

async function invitations() {
  const { blobs, clock, log } = await storage.container();
  const open = () => createBlobInvitations({ blobs, clock, ids: randomIds, log: log.log });
  return { blobs, clock, log, store: open(), other: open() };
}

itKeepsInvitations('blobs', invitations);

describe('invitations in blobs', () => {
  it('are shared: one instance alone takes one', async () => {
    const { store, other } = await invitations();
    for (let round = 0; round < 20; round++) {
      const invitation = await store.create(guest());
      assert.deepEqual(await other.find(invitation.id), invitation);
      const taken = await Promise.all([store.take(invitation.id), other.take(invitation.id)]);
      assert.equal(taken.filter(Boolean).length, 1);
      assert.equal(await other.find(invitation.id), undefined);
    }
  });

  it('end by a new one at another instance, which stays when the last is taken at the same moment', async () => {
    const { store, other } = await invitations();
    const { id } = await store.create(guest());
    const made = Promise.withResolvers<undefined>();
    const deleting = Promise.withResolvers<void>();
    storage.proxy.rule = ({ method }) => {
      if (method !== 'DELETE') return undefined;
      deleting.resolve();
      return made.promise;
    };
    const taken = store.take(id);
    await deleting.promise;
    const last = await other.create(guest());
    made.resolve(undefined);
    assert.equal(await taken, false);
    assert.equal(await store.find(id), undefined);
    assert.deepEqual(await store.find(last.id), last);
  });

  it('reject while the store does not answer', async () => {
    const { store } = await invitations();
    const { id } = await store.create(guest());
    storage.proxy.rule = () => 'drop';
    const calls = [
      () => store.create(guest()),
      () => store.find(id),
      () => store.take(id),
      () => store.forget('msteams/a'),
    ];
    for (const call of calls) await assert.rejects(call, { code: 'store_unavailable' });
  });

  it('are gone when the answer to their end was lost', async () => {
    const { store } = await invitations();
    const { id } = await store.create(guest());
    once(storage.proxy, 'answerLost', ({ method }) => method === 'DELETE');
    await assert.rejects(store.take(id), { code: 'store_unavailable' });
    assert.equal(await store.find(id), undefined);
  });

  it('that cannot be read are none, and logged without what would open them', async () => {
    const { blobs, store, log } = await invitations();
    const invitation = await store.create(guest());
    const [facts] = await all(blobs.list('invitations/'));
    for (const garbage of ['', 'x{', '[]', '{"id":"a"}']) {
      await blobs.write(facts?.name ?? '', Buffer.from(garbage));
      assert.equal(await store.find(invitation.id), undefined);
    }
    assert.equal(log.lines.filter(({ level }) => level === 'error').length, 4);
    const signature = invitationLink(invitation).split('.').at(-1) ?? '';
    for (const secret of [invitation.linkKey, signature]) assert.ok(!JSON.stringify(log.lines).includes(secret));
  });

  it('that are old are removed', async () => {
    const { blobs, clock, log, store } = await invitations();
    const options = { state: blobs, audio: (await storage.container()).blobs, clock, log: log.log };
    const housekeeping = new Housekeeping({ ...options, recordRetentionMs: 1e10, audioRetentionMs: 1e10 });
    await store.create(guest());
    await clock.advance(50 * 60_000);
    await housekeeping.run();
    assert.equal((await all(blobs.list('invitations/'))).length, 1);
    await clock.advance(11 * 60_000);
    await housekeeping.run();
    assert.deepEqual(await all(blobs.list('invitations/')), []);
  });
});
