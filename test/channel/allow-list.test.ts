import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Activity } from 'botbuilder';
import { isAllowed } from '../../src/channel/allow-list.ts';

function activity(fields: Record<string, unknown>): Activity {
  return { conversation: { id: 'c' }, from: { id: 'user-1' }, ...fields } as unknown as Activity;
}

const lists = (tenants: string[], users: string[] = []) => ({ tenants, users });

describe('isAllowed', () => {
  const cases: [string, Record<string, unknown>, { tenants: string[]; users: string[] }, boolean][] = [
    ['everybody without lists', {}, lists([]), true],
    ['a listed user', {}, lists([], ['user-1']), true],
    ['a listed user in other letters', {}, lists([], ['USER-1']), true],
    ['a user listed by the id in Entra ID', { from: { id: 'x', aadObjectId: 'AAD-1' } }, lists([], ['aad-1']), true],
    ['one of several', {}, lists([], ['other', 'user-1']), true],
    ['nobody else', {}, lists([], ['other']), false],
    ['nobody whose id only begins so', {}, lists([], ['user']), false],
    ['nobody whose id only holds it', {}, lists([], ['user-11']), false],
    ['a listed tenant', { conversation: { id: 'c', tenantId: 'T-1' } }, lists(['t-1']), true],
    ['a listed tenant in the channel data', { channelData: { tenant: { id: 't-1' } } }, lists(['t-1']), true],
    ['no other tenant', { conversation: { id: 'c', tenantId: 't-2' } }, lists(['t-1']), false],
    ['nobody without a tenant', {}, lists(['t-1']), false],
    ['nobody with channel data of text', { channelData: 't-1' }, lists(['t-1']), false],
    ['nobody with a tenant that is no text', { channelData: { tenant: { id: ['t-1'] } } }, lists(['t-1']), false],
    ['a tenant and a user together', { conversation: { id: 'c', tenantId: 't-1' } }, lists(['t-1'], ['user-1']), true],
    ['not the tenant alone', { conversation: { id: 'c', tenantId: 't-1' } }, lists(['t-1'], ['other']), false],
    ['not the user alone', { conversation: { id: 'c', tenantId: 't-2' } }, lists(['t-1'], ['user-1']), false],
    // What the conversation says comes from the service; the channel data may be the client's own.
    [
      'not a foreign tenant that claims another in its channel data',
      { conversation: { id: 'c', tenantId: 't-2' }, channelData: { tenant: { id: 't-1' } } },
      lists(['t-1']),
      false,
    ],
    ['nobody named like a property', { from: { id: 'constructor' } }, lists([], ['toString']), false],
  ];
  for (const [name, fields, list, expected] of cases) {
    it(`lets in ${name}`, () => assert.equal(isAllowed(activity(fields), list), expected));
  }
});
