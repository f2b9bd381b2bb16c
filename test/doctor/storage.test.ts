import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Finding } from '../../src/doctor/check.ts';
import { AUDIO_CONTAINER } from '../../src/storage/azure-account.ts';
import { AzureBlobs } from '../../src/storage/azure-blobs.ts';
import { all } from '../storage/storage-under-test.ts';
import { type Azurite, azuriteContainer, createAudioContainer, startAzurite } from '../support/azurite.ts';
import { type StorageProxy, type StorageRule, startStorageProxy, storageError } from '../support/storage-proxy.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';
import { makeTrustedCertificate } from '../support/trusted.ts';
import { examined, findingText } from './examined.ts';

const WRITES = `storage writes (${AUDIO_CONTAINER})`;
const STORAGE = ['storage address', WRITES];
const certificate = makeTrustedCertificate('localhost');
after(() => certificate?.close());
const skip = certificate === undefined && 'no certificate is trusted';

describe('the doctor at a storage', { skip }, () => {
  let azurite: Azurite;
  let proxy: StorageProxy;
  let front: TlsFront;
  let url: string;
  before(async () => {
    assert.ok(certificate);
    azurite = await startAzurite();
    proxy = await startStorageProxy(azurite.url);
    const { port, pathname } = new URL(proxy.url);
    front = await startTlsFront(certificate, () => Number(port));
    url = `https://localhost:${front.port}${pathname}`;
  });
  after(async () => {
    await front[Symbol.asyncDispose]();
    await proxy.close();
    await azurite.close();
  });

  function look(rule: StorageRule = () => undefined, deps = {}): Promise<ReadonlyMap<string, Finding>> {
    proxy.rule = rule;
    return examined({ AZURE_STORAGE_BLOB_URL: url }, { only: STORAGE, deps });
  }

  async function leftOvers(): Promise<readonly string[]> {
    const open = async () => azuriteContainer(azurite.connectionString, AUDIO_CONTAINER);
    return all(new AzureBlobs({ open, clock: systemClock }).list(''));
  }

  it('says that the container is missing', async () => {
    assert.match(findingText(await look(), WRITES), /^fail \| .*404 ContainerNotFound \| Create the container "audio"/);
    await createAudioContainer(azurite);
  });

  it('writes, reads a part and deletes with a token, and leaves nothing behind', async () => {
    const from = proxy.requests.length;
    const findings = await look();
    for (const name of STORAGE) assert.equal(findings.get(name)?.status, 'pass', findingText(findings, name));
    assert.match(findingText(findings, WRITES), /written, read back in part and deleted, 4 calls in \d+ ms/);
    assert.deepEqual(await leftOvers(), []);
    for (const { headers } of proxy.requests.slice(from))
      for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^if-|lease/);
  });

  it('says that the identity may not write', async () => {
    const findings = await look(({ method }) =>
      method === 'HEAD' ? undefined : storageError(403, 'AuthorizationPermissionMismatch'),
    );
    assert.match(
      findingText(findings, WRITES),
      /^fail \| .*403 Auth.* \| Give the bot's identity the role 'Storage Blob Data/,
    );
  });

  it('says that there is no token', async () => {
    const tokens = () => () => Promise.reject(new Error('no token today'));
    assert.match(findingText(await look(undefined, { tokens }), WRITES), /^fail \| writing doctor\/.* failed/);
  });

  it('leaves nothing behind where it broke off in the middle', async () => {
    const findings = await look(({ method, path }) =>
      method === 'GET' && path.includes('/doctor') ? 'drop' : undefined,
    );
    assert.match(findingText(findings, WRITES), /^fail \| .* \| Check that the storage account exists/);
    assert.deepEqual(await leftOvers(), []);
  });

  it('says that nothing is there, and that there is none', async () => {
    const nowhere = { AZURE_STORAGE_BLOB_URL: 'https://localhost:9/account' };
    const findings = await examined(nowhere, { only: STORAGE });
    assert.match(
      findingText(findings, 'storage address'),
      /^fail \| .*ECONNREFUSED \| Nothing is listening there: is what AZURE_STORAGE_BLOB_URL names running/,
    );
    assert.match(findingText(findings, WRITES), /^skipped/);
    assert.match(
      findingText(await examined({}, { only: STORAGE }), 'storage address'),
      /^skipped \| no storage account/,
    );
  });
});
