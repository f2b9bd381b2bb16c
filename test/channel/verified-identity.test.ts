import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Activity } from 'botbuilder';
import { ClaimsIdentity } from 'botframework-connector';
import { personKeyOf, verifiedIdentity } from '../../src/channel/verified-identity.ts';

const OF_CHANNEL = new ClaimsIdentity([{ type: 'iss', value: 'https://api.botframework.com' }], true);
const OF_EMULATOR = new ClaimsIdentity(
  [{ type: 'iss', value: 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/' }],
  true,
);
const OF_NOBODY = new ClaimsIdentity([], 'anonymous');

function activity(channelId: string, fields: Record<string, unknown> = {}): Activity {
  return {
    channelId,
    conversation: { id: 'conversation-1', tenantId: 'tenant-1' },
    from: { id: 'user-1', aadObjectId: 'aad-1' },
    channelData: { tenant: { id: 'tenant-1' } },
    ...fields,
  } as unknown as Activity;
}

function read(sent: Activity, { caller = OF_CHANNEL, directLineEnhancedAuthentication = false } = {}) {
  const identity = verifiedIdentity(sent, caller, { directLineEnhancedAuthentication });
  return { ...identity, personKey: personKeyOf(identity, sent) };
}

const nobodyOf = (channelId: string) => ({
  userId: undefined,
  aadObjectId: undefined,
  tenantIds: [],
  personKey: `${channelId}/conversation-1`,
});
const userOf = (channelId: string, userId: string) => ({
  ...nobodyOf(channelId),
  userId,
  personKey: JSON.stringify([channelId, userId]),
});

describe('the identity that a channel verifies', () => {
  it('consists of user, Entra ID object and tenant in Teams', () => {
    assert.deepEqual(read(activity('msteams')), {
      userId: 'user-1',
      aadObjectId: 'aad-1',
      tenantIds: ['tenant-1', 'tenant-1'],
      personKey: '["msteams","aad-1"]',
    });
  });

  for (const channelId of ['slack', 'telegram', 'line', 'facebook']) {
    it(`is only the user in ${channelId}`, () => {
      assert.deepEqual(read(activity(channelId)), userOf(channelId, 'user-1'));
    });
  }

  for (const channelId of ['directline', 'webchat', 'directlinespeech']) {
    const signed = activity(channelId, { from: { id: 'dl_user-1', aadObjectId: 'aad-1' } });

    it(`is the user of the token in ${channelId} if enhanced authentication is on`, () => {
      assert.deepEqual(read(signed, { directLineEnhancedAuthentication: true }), userOf(channelId, 'dl_user-1'));
    });

    it(`is empty in ${channelId} otherwise`, () => {
      assert.deepEqual(read(signed), nobodyOf(channelId));
      assert.deepEqual(read(activity(channelId), { directLineEnhancedAuthentication: true }), nobodyOf(channelId));
      const sneaky = activity(channelId, { from: { id: 'DL_user-1' } });
      assert.deepEqual(read(sneaky, { directLineEnhancedAuthentication: true }), nobodyOf(channelId));
    });
  }

  for (const channelId of ['emulator', 'email', 'sms', 'test', 'agents', 'constructor', 'MSTEAMS']) {
    it(`is empty in ${channelId}`, () => assert.deepEqual(read(activity(channelId)), nobodyOf(channelId)));
  }

  for (const channelId of ['msteams', 'slack']) {
    it(`is empty for ${channelId} without an app id, or with a token made from the bot's own secret`, () => {
      for (const caller of [OF_NOBODY, OF_EMULATOR])
        assert.deepEqual(read(activity(channelId), { caller }), nobodyOf(channelId));
    });
  }

  it('has no user if the activity names no sender', () => {
    for (const from of [undefined, {}]) {
      const sent = activity('msteams', { from });
      assert.equal(read(sent).userId, undefined);
      assert.equal(read(sent).personKey, 'msteams/conversation-1');
      const web = activity('webchat', { from });
      assert.deepEqual(read(web, { directLineEnhancedAuthentication: true }), nobodyOf('webchat'));
    }
  });

  it('has every tenant that Teams names, and none that is not a string', () => {
    const tenantsOf = (tenantId: unknown, channelData: unknown) =>
      read(activity('msteams', { conversation: { id: 'conversation-1', tenantId }, channelData })).tenantIds;
    assert.deepEqual(tenantsOf('a', { tenant: { id: 'b' } }), ['a', 'b']);
    assert.deepEqual(tenantsOf(undefined, { tenant: { id: 'b' } }), ['b']);
    assert.deepEqual(tenantsOf('a', 'b'), ['a']);
    assert.deepEqual(tenantsOf(undefined, { tenant: { id: ['b'] } }), []);
  });
});
