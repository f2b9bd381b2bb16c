import assert from 'node:assert/strict';
import { it } from 'node:test';
import { accountOf, addressOf } from '../../src/storage/azure-account.ts';

it('the configured storage account is opened with Entra ID', async () => {
  const scopes: string[] = [];
  const tokens = (scope: string) => {
    scopes.push(scope);
    return async () => 'a-token';
  };
  assert.equal(accountOf(undefined, tokens), undefined);
  assert.deepEqual(scopes, []);
  const account = accountOf('https://a.blob.core.windows.net', tokens);
  assert.deepEqual(scopes, ['https://storage.azure.com/.default']);
  assert.equal(await account?.tokens(), 'a-token');
  assert.equal(account && String(addressOf(account, 'audio')), 'https://a.blob.core.windows.net/audio');
});
