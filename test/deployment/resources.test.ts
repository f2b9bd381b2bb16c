import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deploy, ofType } from './deployment.ts';
import { readTemplate } from './template.ts';

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
const RULES: Readonly<Record<string, RegExp>> = {
  'Microsoft.ManagedIdentity/userAssignedIdentities': /^[A-Za-z0-9][\w-]{2,127}$/,
  'Microsoft.OperationalInsights/workspaces': /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
  'Microsoft.Insights/components': /^[^%&\\?/]{1,260}$/,
  // The longest name of a deployment, and of a server under postgres.database.azure.com.
  'Microsoft.Resources/deployments': /^[A-Za-z0-9_.()-]{1,64}$/,
  'Microsoft.DBforPostgreSQL/flexibleServers': /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  'Microsoft.Storage/storageAccounts': /^[a-z0-9]{3,24}$/,
  'Microsoft.CognitiveServices/accounts': /^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$/,
  'Microsoft.Web/serverfarms': /^[A-Za-z0-9-]{1,60}$/,
  'Microsoft.Web/sites': /^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$/,
  'Microsoft.BotService/botServices': /^[A-Za-z0-9][A-Za-z0-9_.-]{1,63}$/,
};

const template = readTemplate('azuredeploy.json');
const { minLength = 0, maxLength = 0 } = template.parameters['baseName'] ?? {};

for (const baseName of ['v'.repeat(minLength), 'v'.repeat(maxLength)]) {
  describe(`a base name of ${baseName.length} characters`, () => {
    const deployment = deploy(template, { baseName, audioInBlobStorage: true, databaseFirewall: 'siteAddresses' });
    for (const [type, rule] of Object.entries(RULES)) {
      it(`gives a ${type} a valid name in Azure`, () => {
        const made = ofType(deployment, type);
        assert.ok(made.length > 0);
        for (const { resource } of made) assert.match(resource.name, rule);
      });
    }

    it('gives names that differ from those of another base name', () => {
      const other = { baseName: `x${baseName.slice(1)}`, audioInBlobStorage: true, databaseFirewall: 'siteAddresses' };
      const others = new Set(deploy(template, other).resources.map(({ id }) => id));
      assert.deepEqual(
        deployment.resources.filter(({ id }) => others.has(id)),
        [],
      );
    });
  });
}

describe('a base name', () => {
  it('with capitals is equal to one without', () => {
    const ids = (baseName: string) => deploy(template, { baseName }).resources.map(({ id }) => id);
    assert.deepEqual(ids('VoiceBot'), ids('voicebot'));
  });
});

describe('each resource', () => {
  it("is in the bot's region, the model's or the database's, or global", () => {
    const given = { location: 'westus', aiLocation: 'swedencentral', databaseLocation: 'northeurope' };
    const { resources } = deploy(template, given);
    const isGlobal = /^Microsoft\.(BotService\/|Insights\/(actionGroups|metricAlerts)$)/;
    const placed = resources.filter((each) => 'location' in each.resource);
    assert.ok(placed.length > 5, `${placed.length}`);
    for (const { resource } of placed) {
      const own = new Map([
        ['Microsoft.CognitiveServices/accounts', given.aiLocation],
        ['Microsoft.DBforPostgreSQL/flexibleServers', given.databaseLocation],
      ]).get(resource.type);
      const expected = own ?? (isGlobal.test(resource.type) ? 'global' : given.location);
      assert.equal(resource['location'], expected, resource.type);
    }
  });
});
