import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountOf, addressOf } from '../../src/storage/azure-account.ts';

describe('the account that is set up', () => {
  it('is none, or is opened by what the settings name', async () => {
    const scopes: string[] = [];
    const tokens = (scope: string) => {
      scopes.push(scope);
      return async () => 'a-token';
    };
    assert.equal(accountOf({ kind: 'memory' }, tokens), undefined);
    const byString = { kind: 'azureConnectionString', connectionString: 'UseDevelopmentStorage=true' } as const;
    assert.deepEqual(accountOf(byString, tokens), byString);
    assert.deepEqual(scopes, []);
    const byEntraId = accountOf({ kind: 'azureEntraId', url: 'https://a.blob.core.windows.net' }, tokens);
    assert.deepEqual(scopes, ['https://storage.azure.com/.default']);
    assert.ok(byEntraId?.kind === 'azureEntraId');
    assert.equal(await byEntraId.tokens(), 'a-token');
    assert.equal(String(await addressOf(byEntraId, 'audio')), 'https://a.blob.core.windows.net/audio');
  });

  it('has an address without the signature that opens it', async () => {
    const connectionString = 'BlobEndpoint=https://a.blob.core.windows.net;SharedAccessSignature=sv=1&sig=secret';
    const address = await addressOf({ kind: 'azureConnectionString', connectionString }, 'audio');
    assert.equal(String(address), 'https://a.blob.core.windows.net/audio');
  });
});
