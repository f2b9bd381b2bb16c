import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAzureBlobAudioStore } from '../../src/audio/azure-blob-audio-store.ts';
import { readConfig } from '../../src/config/config.ts';
import { randomIds } from '../../src/ids.ts';
import { AUDIO_CONTAINER } from '../../src/storage/azure-account.ts';
import { all, type StorageUnderTest, startStorage } from '../storage/storage-under-test.ts';
import { type Deployment, deploy, ofType, theOne } from './deployment.ts';
import { environmentOf, settingsOf } from './settings.ts';
import { readTemplate } from './template.ts';
import { WHOLE_VARIANTS } from './variants.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const template = readTemplate('azuredeploy.json');
const withBlobs = deploy(template, { audioInBlobStorage: true });

interface Rule {
  readonly enabled: boolean;
  readonly definition: {
    readonly filters: { readonly blobTypes: readonly string[]; readonly prefixMatch: readonly string[] };
    readonly actions: { readonly baseBlob: { readonly delete: { readonly daysAfterModificationGreaterThan: number } } };
  };
}

/** What the platform deletes: the prefix with its container, and the number of days without a write. */
function deletionOf(deployment: Deployment): { prefix: string; days: number } {
  const { properties } = theOne(deployment, 'Microsoft.Storage/storageAccounts/managementPolicies')
    .resource as unknown as { properties: { policy: { rules: readonly [Rule] } } };
  const [{ enabled, definition }, ...others] = properties.policy.rules;
  const { filters, actions } = definition;
  assert.deepEqual([enabled, filters.blobTypes, others], [true, ['blockBlob'], []]);
  assert.deepEqual(Object.keys(actions), ['baseBlob']);
  assert.deepEqual(Object.keys(actions.baseBlob), ['delete']);
  assert.equal(filters.prefixMatch.length, 1);
  return { prefix: filters.prefixMatch[0] ?? '', days: actions.baseBlob.delete.daysAfterModificationGreaterThan };
}

describe('the storage account', () => {
  it('exists only for reply audio, and only if it is requested', () => {
    for (const [name, given] of Object.entries(WHOLE_VARIANTS)) {
      const deployment = deploy(template, given);
      const made = deployment.resources.filter(({ id }) => id.includes('/Microsoft.Storage/'));
      assert.equal(made.length > 0, given['audioInBlobStorage'] === true, name);
      assert.equal(settingsOf(deployment)['AZURE_STORAGE_BLOB_URL'] !== '', made.length > 0, name);
    }
  });

  it("has only the bot's audio container, and the bot gets its address", () => {
    const made = ofType(withBlobs, 'Microsoft.Storage/storageAccounts/blobServices/containers');
    assert.deepEqual(
      made.map(({ resource }) => resource.name.split('/')[2]),
      [AUDIO_CONTAINER],
    );
    const { name } = theOne(withBlobs, 'Microsoft.Storage/storageAccounts').resource;
    assert.equal(settingsOf(withBlobs)['AZURE_STORAGE_BLOB_URL'], `https://${name}.blob.core.windows.net/`);
  });

  it('keeps nothing after a deletion', () => {
    assert.partialDeepStrictEqual(theOne(withBlobs, 'Microsoft.Storage/storageAccounts/blobServices').resource, {
      properties: {
        deleteRetentionPolicy: { enabled: false },
        containerDeleteRetentionPolicy: { enabled: false },
        isVersioningEnabled: false,
      },
    });
  });
});

describe('the lifecycle rule of the storage account', () => {
  let storage: StorageUnderTest;
  before(async () => {
    storage = await startStorage();
  });
  after(() => storage[Symbol.asyncDispose]());

  for (const hours of [1, 24, 25, 8760]) {
    it(`deletes all audio that expires after ${hours} h: not before, and soon after`, async () => {
      const deployment = deploy(template, { audioInBlobStorage: true, audioRetentionHours: hours });
      const { prefix, days } = deletionOf(deployment);
      const { audioRetentionMs: retentionMs } = readConfig(environmentOf(deployment));
      const { blobs, clock, log } = await storage.container();
      const store = createAzureBlobAudioStore({ blobs, retentionMs, clock, ids: randomIds, log: log.log });
      const sound = { wav: Buffer.from('x'), text: 'x', durationMs: 1, conversation: 'c', locale: undefined };
      const { id = '' } = (await store.save(sound)) ?? {};
      const written = await all(blobs.list(''));
      assert.ok(id !== '' && written.length > 0);
      for (const name of written) assert.ok(`${AUDIO_CONTAINER}/${name}`.startsWith(prefix), name);
      await clock.advance(days * DAY_MS);
      assert.deepEqual([await store.find(id), await store.read(id)], [undefined, undefined]);
      assert.ok(days * DAY_MS - retentionMs < DAY_MS, `${days} days`);
    });
  }
});
