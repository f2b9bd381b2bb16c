import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { Housekeeping } from '../../src/storage/housekeeping.ts';
import { CONTAINERS, FOLDERS } from '../../src/storage/storage.ts';
import { all, type StorageUnderTest, startStorage } from '../storage/storage-under-test.ts';
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
  it('has the containers of the bot, and the bot its address', () => {
    const made = ofType(whole, 'Microsoft.Storage/storageAccounts/blobServices/containers');
    const names = made.map(({ resource }) => resource.name.split('/')[2]);
    assert.deepEqual(names.sort(), Object.values(CONTAINERS).sort());
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

  it('is swept wherever the bot sweeps, and never where messages wait for an answer', () => {
    const { pending, ...swept } = FOLDERS;
    const expected = [`${CONTAINERS.audio}/`, ...Object.values(swept).map((folder) => `${CONTAINERS.state}/${folder}`)];
    const prefixes = deletions(whole).map(([prefix]) => prefix);
    assert.deepEqual([...prefixes].sort(), expected.sort());
    assert.ok(!prefixes.some((prefix) => `${CONTAINERS.state}/${pending}`.startsWith(prefix)));
  });
});

describe('what the storage account deletes by itself', () => {
  let storage: StorageUnderTest;
  before(async () => {
    storage = await startStorage();
  });
  after(() => storage[Symbol.asyncDispose]());

  for (const given of [
    {},
    { audioRetentionHours: 1, recordRetentionDays: 1 },
    { audioRetentionHours: 25, recordRetentionDays: 2 },
    { audioRetentionHours: 8760, recordRetentionDays: 3650 },
  ]) {
    it(`the bot has deleted by then, with ${JSON.stringify(given)}`, async () => {
      const deployment = deploy(template, given);
      const { recordRetentionMs, audioRetentionMs } = readConfig(environmentOf(deployment));
      for (const [prefix, days] of deletions(deployment)) {
        const { blobs: state, clock, log } = await storage.container();
        const { blobs: audio } = await storage.container();
        const options = { state, audio, clock, log: log.log, recordRetentionMs, audioRetentionMs };
        const isAudio = prefix === `${CONTAINERS.audio}/`;
        const name = isAudio ? 'a/b' : `${prefix.slice(CONTAINERS.state.length + 1)}a`;
        await (isAudio ? audio : state).write(name, Buffer.from('x'));
        await clock.advance(days * DAY_MS);
        await new Housekeeping(options).run();
        assert.deepEqual([...(await all(state.list(''))), ...(await all(audio.list('')))], [], prefix);
      }
    });
  }
});
