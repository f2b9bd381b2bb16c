import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Finding } from '../../src/doctor/check.ts';
import { createLogger } from '../../src/log.ts';
import { AzureBlobs } from '../../src/storage/azure-blobs.ts';
import { CONTAINERS } from '../../src/storage/storage.ts';
import { all } from '../storage/storage-under-test.ts';
import { type Azurite, connectionStringOf, sharedAzurite } from '../support/azurite.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type StorageProxy, type StorageRule, startStorageProxy, storageError } from '../support/storage-proxy.ts';
import { examined, said } from './examined.ts';

const STATE = `storage writes (${CONTAINERS.state})`;
const AUDIO = `storage writes (${CONTAINERS.audio})`;
const STORAGE = ['storage address', 'storage clock', 'storage containers', STATE, AUDIO];

describe('the doctor at a storage', () => {
  let azurite: Azurite;
  let proxy: StorageProxy;
  before(async () => {
    azurite = await sharedAzurite();
    proxy = await startStorageProxy(azurite.url);
  });
  after(async () => {
    await proxy.close();
  });

  function look(connectionString: string, rule: StorageRule = () => undefined): Promise<ReadonlyMap<string, Finding>> {
    proxy.rule = rule;
    return examined({ AZURE_STORAGE_CONNECTION_STRING: connectionString }, { only: STORAGE });
  }

  function container(name: string): AzureBlobs {
    const account = { kind: 'azureConnectionString', connectionString: azurite.connectionString } as const;
    return new AzureBlobs({ account, container: name, clock: systemClock, log: createLogger('silent') });
  }

  async function leftOvers(): Promise<readonly string[]> {
    const lists = Object.values(CONTAINERS).map((name) => all(container(name).list('')));
    return (await Promise.all(lists)).flat().map(({ name }) => name);
  }

  it('makes the containers, tries both conditions, and leaves nothing behind', async () => {
    const findings = await look(proxy.connectionString);
    for (const name of STORAGE) assert.equal(findings.get(name)?.status, 'pass', said(findings, name));
    assert.match(said(findings, 'storage clock'), /differ by [0-2]\.\d seconds/);
    assert.match(said(findings, 'storage containers'), /bot-state was made, audio was made/);
    assert.match(said(findings, STATE), /refused under both conditions, read back and deleted, 8 calls in \d+ ms/);
    assert.deepEqual(await leftOvers(), []);
    const writes = proxy.requests.filter(({ method, path }) => method === 'PUT' && path.includes('bot-state/doctor'));
    assert.equal(writes.length, 4);
    // Once more, with the containers there.
    const again = await look(proxy.connectionString);
    assert.match(said(again, 'storage containers'), /bot-state was there, audio was there/);
    assert.equal(again.get(AUDIO)?.status, 'pass');
  });

  it('removes what a doctor has left that was cut off long ago, and nothing newer', async () => {
    const blobs = container(CONTAINERS.state);
    await blobs.write('doctor/left', Buffer.from('left'));
    await look(proxy.connectionString);
    assert.deepEqual(await leftOvers(), ['doctor/left']);
    const clock = new ManualClock(Date.now() + 700_000);
    await examined({ AZURE_STORAGE_CONNECTION_STRING: proxy.connectionString }, { only: STORAGE, deps: { clock } });
    assert.deepEqual(await leftOvers(), []);
  });

  it('says that the key is wrong, and not the key', async () => {
    const other = Buffer.from('not the key of this account').toString('base64');
    const wrong = azurite.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${other}`);
    const findings = await look(wrong);
    assert.match(
      said(findings, 'storage containers'),
      /^fail \| .*403.* \| See that the key or the signature is the present one/,
    );
    assert.match(said(findings, STATE), /^skipped/);
    assert.ok(!JSON.stringify([...findings]).includes(other));
  });

  it('says that the account takes no keys', async () => {
    const findings = await look(proxy.connectionString, ({ method }) =>
      method === 'HEAD' ? undefined : storageError(403, 'KeyBasedAuthenticationNotPermitted'),
    );
    assert.match(
      said(findings, 'storage containers'),
      /^fail \| .* \| The account takes no keys: set AZURE_STORAGE_BLOB_URL/,
    );
  });

  it('says that writes are refused in one of the containers, and tries the other', async () => {
    const findings = await look(proxy.connectionString, ({ path }) =>
      path.includes(`/${CONTAINERS.audio}/`) ? storageError(403, 'AuthorizationFailure') : undefined,
    );
    assert.equal(findings.get(STATE)?.status, 'pass');
    assert.match(said(findings, AUDIO), /^fail \| .*403 AuthorizationFailure \| See that the key or the signature/);
  });

  it('sees a storage that does not heed conditions', async () => {
    const done = { status: 201, headers: { etag: '"0x1"' } };
    for (const header of ['if-none-match', 'if-match'] as const) {
      let seen = 0;
      const findings = await look(proxy.connectionString, ({ method, path, headers }) => {
        const isOurs = method === 'PUT' && path.includes('/doctor') && headers[header] !== undefined;
        // The first of them has to be done, the second refused.
        return isOurs && ++seen === 2 ? done : undefined;
      });
      const name = header === 'if-match' ? 'If-Match' : 'If-None-Match';
      assert.match(
        said(findings, STATE),
        new RegExp(`^fail \\| a write that ${name} forbids was done \\| Use Azure Blob`),
      );
      assert.deepEqual(await leftOvers(), []);
    }
  });

  it('takes a write that broke for no refusal', async () => {
    let seen = 0;
    const findings = await look(proxy.connectionString, ({ method, path, headers }) => {
      const isOurs = method === 'PUT' && path.includes('/doctor') && headers['if-none-match'] !== undefined;
      return isOurs && ++seen === 2 ? 'drop' : undefined;
    });
    assert.match(said(findings, STATE), /^fail \| writing doctor\/.* failed/);
    assert.deepEqual(await leftOvers(), []);
  });

  it('leaves nothing behind where it broke off in the middle', async () => {
    const findings = await look(proxy.connectionString, ({ method, path }) =>
      method === 'GET' && path.includes('/doctor') ? 'drop' : undefined,
    );
    assert.match(said(findings, STATE), /^fail \| .* \| See that the storage account exists/);
    assert.deepEqual(await leftOvers(), []);
  });

  it('warns where the clocks differ', async () => {
    const date = new Date(Date.now() - 61_000).toUTCString();
    const findings = await look(proxy.connectionString, ({ method }) =>
      method === 'HEAD' ? { status: 403, headers: { date } } : undefined,
    );
    assert.match(
      said(findings, 'storage clock'),
      /^warn \| this machine and the storage differ by 6[01]\.\d seconds.* \| Set the clock/,
    );
    assert.equal(findings.get(STATE)?.status, 'pass');
  });

  it('says that nothing is there, and that all is kept in memory', async () => {
    const nowhere = await startStorageProxy(azurite.url);
    await nowhere.close();
    const findings = await look(connectionStringOf(nowhere.url));
    assert.match(
      said(findings, 'storage address'),
      /^fail \| .*ECONNREFUSED \| Nothing listens there: is Azurite running, and on the port in AZURE_STORAGE_CONNECTION_STRING\?/,
    );
    assert.match(said(findings, 'storage containers'), /^skipped/);
    assert.match(said(await examined({}, { only: ['storage'] }), 'storage'), /^pass \| the memory of the process/);
  });
});
