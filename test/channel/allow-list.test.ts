import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAllowed, isGreeted, type VerifiedIdentity } from '../../src/channel/verified-identity.ts';

const ADA: VerifiedIdentity = { userId: 'user-1', aadObjectId: 'AAD-1', tenantIds: ['T-1'] };
const NOBODY: VerifiedIdentity = { userId: undefined, aadObjectId: undefined, tenantIds: [] };

const lists = (allowedTenants: string[], allowedUsers: string[] = []) => ({ allowedTenants, allowedUsers });

describe('isAllowed', () => {
  const cases: [string, Partial<VerifiedIdentity>, ReturnType<typeof lists>, boolean][] = [
    ['everybody without lists', NOBODY, lists([]), true],
    ['a listed user', {}, lists([], ['user-1']), true],
    ['a listed user in another case', {}, lists([], ['USER-1']), true],
    ['a user listed by the id in Entra ID', {}, lists([], ['aad-1']), true],
    ['one of several listed users', {}, lists([], ['other', 'user-1']), true],
    ['an unlisted user', {}, lists([], ['other']), false],
    ['a user whose id only begins like a listed one', {}, lists([], ['user']), false],
    ['a user whose id is only a part of the listed one', {}, lists([], ['user-11']), false],
    ['an unverified user if users are listed', NOBODY, lists([], ['user-1']), false],
    ['an unverified user if tenants are listed', NOBODY, lists(['t-1']), false],
    ['a listed tenant', {}, lists(['t-1']), true],
    ['another tenant', { tenantIds: ['t-2'] }, lists(['t-1']), false],
    ['a user without a tenant', { tenantIds: [] }, lists(['t-1']), false],
    ['a tenant and a user together', {}, lists(['t-1'], ['user-1']), true],
    ['a listed tenant without a listed user', {}, lists(['t-1'], ['other']), false],
    ['a listed user without a listed tenant', { tenantIds: ['t-2'] }, lists(['t-1'], ['user-1']), false],
    ['two tenant fields that agree', { tenantIds: ['t-1', 'T-1'] }, lists(['t-1']), true],
    ['two tenants that are both listed', { tenantIds: ['t-1', 't-2'] }, lists(['t-1', 't-2']), true],
    ['a listed tenant next to a foreign one', { tenantIds: ['t-1', 't-2'] }, lists(['t-1']), false],
    ['a foreign tenant next to a listed one', { tenantIds: ['t-2', 't-1'] }, lists(['t-1']), false],
    ['an anonymous guest of a meeting', { aadObjectId: undefined }, lists(['t-1']), false],
    ['a user named like a property of objects', { userId: 'constructor' }, lists([], ['toString']), false],
  ];
  for (const [name, fields, list, expected] of cases) {
    it(`${expected ? 'allows' : 'refuses'} ${name}`, () => {
      assert.equal(isAllowed({ ...ADA, ...fields }, list), expected);
    });
  }
});

describe('isGreeted', () => {
  it('checks the tenant but not the individual user', () => {
    assert.equal(isGreeted(ADA, lists(['t-1'], ['other'])), true);
    assert.equal(isGreeted({ ...ADA, aadObjectId: undefined }, lists(['t-1'])), true);
    assert.equal(isGreeted(ADA, lists(['t-2'])), false);
  });

  it('is false where nobody can be allowed', () => {
    assert.equal(isGreeted(NOBODY, lists([])), true);
    assert.equal(isGreeted(NOBODY, lists([], ['user-1'])), false);
    assert.equal(isGreeted(NOBODY, lists(['t-1'])), false);
  });
});
