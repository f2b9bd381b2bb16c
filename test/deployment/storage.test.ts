import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { AUDIO_CONTAINER } from '../../src/storage/azure-account.ts';
import { type Deployment, deploy, ofType, theOne } from './deployment.ts';
import { environmentOf, settingsOf } from './settings.ts';
import { readTemplate } from './template.ts';

const DAY_MS = 86_400_000;
const template = readTemplate('azuredeploy.json');
const whole = deploy(template);

interface Rule {
  readonly enabled: boolean;
  readonly definition: {
    readonly filters: { readonly blobTypes: readonly string[]; readonly prefixMatch: readonly string[] };
    readonly actions: { readonly baseBlob: { readonly delete: { readonly daysAfterModificationGreaterThan: number } } };
  };
}

/** What the platform deletes: the prefix with its container, and after how many days without a write. */
function deletions(deployment: Deployment): readonly (readonly [prefix: string, days: number])[] {
  const { properties } = theOne(deployment, 'Microsoft.Storage/storageAccounts/managementPolicies')
    .resource as unknown as { properties: { policy: { rules: readonly Rule[] } } };
  return properties.policy.rules.flatMap(({ enabled, definition: { filters, actions } }) => {
    assert.equal(enabled, true);
    assert.deepEqual(filters.blobTypes, ['blockBlob']);
    assert.deepEqual(Object.keys(actions), ['baseBlob']);
    const { delete: deletion, ...others } = actions.baseBlob;
    assert.deepEqual(others, {});
    return filters.prefixMatch.map((prefix) => [prefix, deletion.daysAfterModificationGreaterThan] as const);
  });
}

describe('the storage account', () => {
  it('has the container of the audio, and the bot its address', () => {
    const made = ofType(whole, 'Microsoft.Storage/storageAccounts/blobServices/containers');
    const names = made.map(({ resource }) => resource.name.split('/')[2]);
    assert.ok(names.includes(AUDIO_CONTAINER));
    const { name } = theOne(whole, 'Microsoft.Storage/storageAccounts').resource;
    assert.equal(settingsOf(whole)['AZURE_STORAGE_BLOB_URL'], `https://${name}.blob.core.windows.net/`);
  });

  it('keeps nothing behind what is deleted', () => {
    assert.partialDeepStrictEqual(theOne(whole, 'Microsoft.Storage/storageAccounts/blobServices').resource, {
      properties: {
        deleteRetentionPolicy: { enabled: false },
        containerDeleteRetentionPolicy: { enabled: false },
        isVersioningEnabled: false,
      },
    });
  });
});

describe('what the storage account deletes by itself', () => {
  for (const given of [
    {},
    { audioRetentionHours: 1, recordRetentionDays: 1 },
    { audioRetentionHours: 25, recordRetentionDays: 2 },
    { audioRetentionHours: 8760, recordRetentionDays: 3650 },
  ]) {
    it(`is audio after its retention, and not much later, with ${JSON.stringify(given)}`, () => {
      const deployment = deploy(template, given);
      const { audioRetentionMs } = readConfig(environmentOf(deployment));
      const [rule] = deletions(deployment).filter(([prefix]) => prefix === `${AUDIO_CONTAINER}/`);
      const deletedMs = (rule?.[1] ?? 0) * DAY_MS;
      assert.ok(deletedMs >= audioRetentionMs && deletedMs <= audioRetentionMs + 2 * DAY_MS, `${deletedMs}`);
    });
  }
});
