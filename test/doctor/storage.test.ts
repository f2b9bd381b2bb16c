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

const STORAGE = `storage (${AUDIO_CONTAINER})`;
const certificate = makeTrustedCertificate('localhost');
after(() => certificate?.close());
const skip = certificate === undefined && 'no certificate is trusted';

describe("the doctor's storage check", { skip }, () => {
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
    return examined({ AZURE_STORAGE_BLOB_URL: url }, { only: [STORAGE], deps });
  }

  async function leftOvers(): Promise<readonly string[]> {
    const open = async () => azuriteContainer(azurite.connectionString, AUDIO_CONTAINER);
    return all(new AzureBlobs({ open, clock: systemClock }).list(''));
  }

  it('reports a missing container', async () => {
    assert.match(
      findingText(await look(), STORAGE),
      /^fail \| .*404 ContainerNotFound \| Create the container "audio"/,
    );
    await createAudioContainer(azurite);
  });

  it('writes, reads a part and deletes with a token, and leaves nothing behind', async () => {
    const from = proxy.requests.length;
    const findings = await look();
    assert.equal(findings.get(STORAGE)?.status, 'pass', findingText(findings, STORAGE));
    assert.match(findingText(findings, STORAGE), /written, read back in part and deleted, in \d+ ms/);
    assert.deepEqual(await leftOvers(), []);
    for (const { headers } of proxy.requests.slice(from))
      for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^if-|lease/);
  });

  it('reports that the identity may not write', async () => {
    const findings = await look(({ method }) =>
      method === 'HEAD' ? undefined : storageError(403, 'AuthorizationPermissionMismatch'),
    );
    assert.match(
      findingText(findings, STORAGE),
      /^fail \| .*403 Auth.* \| Give the bot's identity the role 'Storage Blob Data/,
    );
  });

  it('reports a missing token', async () => {
    const tokens = () => () => Promise.reject(new Error('no token today'));
    assert.match(findingText(await look(undefined, { tokens }), STORAGE), /^fail \| writing doctor\/.* failed/);
  });

  it('leaves nothing behind if it fails in the middle', async () => {
    const findings = await look(({ method, path }) =>
      method === 'GET' && path.includes('/doctor') ? 'dropRequest' : undefined,
    );
    assert.match(findingText(findings, STORAGE), /^fail \| .* \| Check AZURE_STORAGE_BLOB_URL, and that firewalls/);
    assert.deepEqual(await leftOvers(), []);
  });

  it('reports an unreachable account, and a missing one', async () => {
    const nowhere = { AZURE_STORAGE_BLOB_URL: 'https://localhost:9/account' };
    const findings = await examined(nowhere, { only: [STORAGE] });
    assert.match(
      findingText(findings, STORAGE),
      /^fail \| .*ECONNREFUSED \| Nothing is listening there: is what AZURE_STORAGE_BLOB_URL names running/,
    );
    assert.match(findingText(await examined({}, { only: [STORAGE] }), STORAGE), /^skipped \| no storage account/);
  });
});
