import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { azure } from './problems-of.ts';

describe('the storage', () => {
  it('takes a storage account by its address, or by a connection string', () => {
    const read = (env: Env) => readConfig({ ...azure, ...env }).storage;
    assert.deepEqual(read({}), { kind: 'memory' });
    const url = 'https://account.blob.core.windows.net';
    assert.deepEqual(read({ AZURE_STORAGE_BLOB_URL: `${url}/` }), { kind: 'azureEntraId', url });
    for (const connectionString of [
      'DefaultEndpointsProtocol=https;AccountName=account;AccountKey=c29tZSBrZXkgb2YgYW4gYWNjb3VudA==;EndpointSuffix=core.windows.net',
      'BlobEndpoint=https://account.blob.core.windows.net;SharedAccessSignature=sv=a-signature',
      'UseDevelopmentStorage=true',
    ]) {
      const env = { AZURE_STORAGE_CONNECTION_STRING: connectionString };
      assert.deepEqual(read(env), { kind: 'azureConnectionString', connectionString });
    }
  });

  for (const [env, problem] of [
    [{ AZURE_STORAGE_CONNECTION_STRING: 'AccountKey=a-secret' }, /CONNECTION_STRING cannot be used/],
    [
      {
        AZURE_STORAGE_CONNECTION_STRING:
          'BlobEndpoint=http://127.0.0.1:10000/account;AccountName=account;AccountKey=c29tZSBrZXkgb2YgYW4gYWNjb3VudA==',
      },
      /CONNECTION_STRING cannot be used/,
    ],
    [{ AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=false' }, /CONNECTION_STRING cannot be used/],
    [{ AZURE_STORAGE_CONNECTION_STRING: 'AccountName=x;AccountKey=a-secret' }, /CONNECTION_STRING cannot be used/],
    [{ AZURE_STORAGE_BLOB_URL: 'http://127.0.0.1:10000/a-secret' }, /BLOB_URL is no https address/],
    [
      { AZURE_STORAGE_BLOB_URL: 'https://a', AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true' },
      /are both set; expected one/,
    ],
  ] as const) {
    it(`refuses ${Object.keys(env).join(' with ')}, and prints no secret: ${problem.source}`, () => {
      assert.throws(
        () => readConfig({ ...azure, ...env }),
        (error: Error) => problem.test(error.message) && !error.message.includes('a-secret'),
      );
    });
  }
});
