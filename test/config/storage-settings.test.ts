import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { azure } from './problems-of.ts';

describe('the storage account', () => {
  it('is read from its address', () => {
    const read = (env: Env) => readConfig({ ...azure, ...env }).azureStorageBlobUrl;
    assert.equal(read({}), undefined);
    const url = 'https://account.blob.core.windows.net';
    assert.equal(read({ AZURE_STORAGE_BLOB_URL: `${url}/` }), url);
  });

  for (const [env, problem] of [
    [{ AZURE_STORAGE_CONNECTION_STRING: 'AccountKey=a-secret' }, /is no longer supported; expected DATABASE_URL/],
    [{ AZURE_STORAGE_BLOB_URL: 'http://127.0.0.1:10000/a-secret' }, /BLOB_URL is not an https address/],
  ] as const) {
    it(`is rejected for ${Object.keys(env)} without quoting a secret`, () => {
      assert.throws(
        () => readConfig({ ...azure, ...env }),
        (error: Error) => problem.test(error.message) && !error.message.includes('a-secret'),
      );
    });
  }

  it('causes a notice without a database: only reply audio is stored', () => {
    const blob = { ...azure, AZURE_STORAGE_BLOB_URL: 'https://account.blob.core.windows.net' };
    assert.match(readConfig(blob).notices.join(), /without DATABASE_URL/);
    assert.deepEqual(readConfig({ ...blob, DATABASE_URL: 'postgres://bot@localhost/bot' }).notices, []);
  });
});
