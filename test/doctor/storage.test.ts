import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Finding } from '../../src/doctor/check.ts';
import { AUDIO_CONTAINER } from '../../src/storage/azure-account.ts';
import { AzureBlobs } from '../../src/storage/azure-blobs.ts';
import { all } from '../storage/storage-under-test.ts';
import { type Azurite, connectionStringOf, createAudioContainer, startAzurite } from '../support/azurite.ts';
import { type StorageProxy, type StorageRule, startStorageProxy, storageError } from '../support/storage-proxy.ts';
import { examined, said } from './examined.ts';

const WRITES = `storage writes (${AUDIO_CONTAINER})`;
const STORAGE = ['storage address', WRITES];

describe('the doctor at a storage', () => {
  let azurite: Azurite;
  let proxy: StorageProxy;
  before(async () => {
    azurite = await startAzurite();
    proxy = await startStorageProxy(azurite.url);
  });
  after(async () => {
    await proxy.close();
    await azurite.close();
  });

  function look(connectionString: string, rule: StorageRule = () => undefined): Promise<ReadonlyMap<string, Finding>> {
    proxy.rule = rule;
    return examined({ AZURE_STORAGE_CONNECTION_STRING: connectionString }, { only: STORAGE });
  }

  async function leftOvers(): Promise<readonly string[]> {
    const account = { kind: 'azureConnectionString', connectionString: azurite.connectionString } as const;
    const blobs = new AzureBlobs({ account, container: AUDIO_CONTAINER, clock: systemClock });
    return (await all(blobs.list(''))).map(({ name }) => name);
  }

  it('says that the container is missing', async () => {
    const findings = await look(proxy.connectionString);
    assert.match(said(findings, WRITES), /^fail \| .*404 ContainerNotFound \| Create the container "audio"/);
    await createAudioContainer(azurite);
  });

  it('writes, reads a part and deletes, and leaves nothing behind', async () => {
    const from = proxy.requests.length;
    const findings = await look(proxy.connectionString);
    for (const name of STORAGE) assert.equal(findings.get(name)?.status, 'pass', said(findings, name));
    assert.match(said(findings, WRITES), /written, read back in part and deleted, 4 calls in \d+ ms/);
    assert.deepEqual(await leftOvers(), []);
    for (const { headers } of proxy.requests.slice(from))
      for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^if-|lease/);
  });

  it('says that the key is wrong, and not the key', async () => {
    const other = Buffer.from('not the key of this account').toString('base64');
    const wrong = azurite.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${other}`);
    const findings = await look(wrong);
    assert.match(said(findings, WRITES), /^fail \| .*403.* \| See that the key or the signature is the present one/);
    assert.ok(!JSON.stringify([...findings]).includes(other));
  });

  it('says that the account takes no keys', async () => {
    const findings = await look(proxy.connectionString, ({ method }) =>
      method === 'HEAD' ? undefined : storageError(403, 'KeyBasedAuthenticationNotPermitted'),
    );
    assert.match(said(findings, WRITES), /^fail \| .* \| The account takes no keys: set AZURE_STORAGE_BLOB_URL/);
  });

  it('leaves nothing behind where it broke off in the middle', async () => {
    const findings = await look(proxy.connectionString, ({ method, path }) =>
      method === 'GET' && path.includes('/doctor') ? 'drop' : undefined,
    );
    assert.match(said(findings, WRITES), /^fail \| .* \| See that the storage account exists/);
    assert.deepEqual(await leftOvers(), []);
  });

  it('says that nothing is there, and that there is none', async () => {
    const nowhere = await startStorageProxy(azurite.url);
    await nowhere.close();
    const findings = await look(connectionStringOf(nowhere.url));
    assert.match(
      said(findings, 'storage address'),
      /^fail \| .*ECONNREFUSED \| Nothing listens there: is Azurite running, and on the port in AZURE_STORAGE_CONNECTION_STRING\?/,
    );
    assert.match(said(findings, WRITES), /^skipped/);
    assert.match(
      said(await examined({}, { only: ['storage'] }), 'storage'),
      /^pass \| no storage account: reply audio is in the database/,
    );
  });
});
