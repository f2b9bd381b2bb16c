import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLIENT_ID, deploy, ofType, PRINCIPAL_ID, theOne } from './deployment.ts';
import { SUBSCRIPTION, TENANT } from './functions.ts';
import { settingsOf } from './settings.ts';
import { readTemplate } from './template.ts';
import { WHOLE_VARIANTS } from './variants.ts';

/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
const ROLES = {
  'Cognitive Services OpenAI User': '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd',
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb',
} as const;

const IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities';
const template = readTemplate('azuredeploy.json');
const whole = deploy(template, { audioInBlobStorage: true });
const resource = (type: string) => theOne(whole, type).resource;

describe('the site', () => {
  it('accepts only https, and no password for publishing', () => {
    assert.partialDeepStrictEqual(resource('Microsoft.Web/sites'), {
      properties: {
        httpsOnly: true,
        siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2', ftpsState: 'Disabled' },
      },
    });
    const policies = ofType(whole, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies');
    assert.deepEqual(
      policies.map((each) => [each.resource.name.split('/')[1], each.resource['properties']]),
      [
        ['ftp', { allow: false }],
        ['scm', { allow: false }],
      ],
    );
  });
});

describe('each service that the bot calls', () => {
  it('is reachable for the bot, since there is no private network', () => {
    for (const type of ['Microsoft.Storage/storageAccounts', 'Microsoft.CognitiveServices/accounts'])
      assert.partialDeepStrictEqual(resource(type), { properties: { publicNetworkAccess: 'Enabled' } });
    assert.partialDeepStrictEqual(resource('Microsoft.DBforPostgreSQL/flexibleServers'), {
      properties: { network: { publicNetworkAccess: 'Enabled' } },
    });
  });
});

describe('the keys', () => {
  it('of Storage, the model, Application Insights and its workspace are disabled', () => {
    assert.partialDeepStrictEqual(resource('Microsoft.Storage/storageAccounts'), {
      properties: {
        allowSharedKeyAccess: false,
        allowBlobPublicAccess: false,
        allowCrossTenantReplication: false,
        minimumTlsVersion: 'TLS1_2',
        supportsHttpsTrafficOnly: true,
      },
    });
    assert.partialDeepStrictEqual(resource('Microsoft.CognitiveServices/accounts'), {
      properties: { disableLocalAuth: true },
    });
    assert.partialDeepStrictEqual(resource('Microsoft.Insights/components'), {
      properties: { DisableLocalAuth: true },
    });
    assert.partialDeepStrictEqual(resource('Microsoft.OperationalInsights/workspaces'), {
      properties: { features: { disableLocalAuth: true } },
    });
  });

  it("can be replaced by tokens, which need the model account's own domain", () => {
    const { id, resource: account } = theOne(whole, 'Microsoft.CognitiveServices/accounts');
    assert.partialDeepStrictEqual(account, { properties: { customSubDomainName: id.split('/').at(-1) } });
    assert.equal(settingsOf(whole)['AZURE_OPENAI_ENDPOINT'], `https://${account.name}.openai.azure.com`);
  });

  it('appear in no setting', () => {
    const isSecret = /password|secret|api_?key|sharedaccess|accountkey|storage_connection/i;
    for (const [name, value] of Object.entries(settingsOf(whole))) {
      assert.doesNotMatch(name, isSecret);
      assert.doesNotMatch(value, isSecret, name);
    }
  });
});

describe('the blob container', () => {
  it('allows no public access', () => {
    const containers = ofType(whole, 'Microsoft.Storage/storageAccounts/blobServices/containers');
    assert.equal(containers.length, 1);
    for (const each of containers) assert.deepEqual(each.resource['properties'], { publicAccess: 'None' });
  });
});

describe('the identity', () => {
  const identity = theOne(whole, IDENTITY);

  it('is that of the site, of the bot and of every token', () => {
    assert.deepEqual(resource('Microsoft.Web/sites')['identity'], {
      type: 'UserAssigned',
      userAssignedIdentities: { [identity.id]: {} },
    });
    assert.partialDeepStrictEqual(resource('Microsoft.BotService/botServices'), {
      properties: {
        msaAppType: 'UserAssignedMSI',
        msaAppId: CLIENT_ID,
        msaAppTenantId: TENANT,
        msaAppMSIResourceId: identity.id,
      },
    });
    assert.partialDeepStrictEqual(settingsOf(whole), {
      MicrosoftAppType: 'UserAssignedMSI',
      MicrosoftAppId: CLIENT_ID,
      MicrosoftAppTenantId: TENANT,
      AZURE_CLIENT_ID: CLIENT_ID,
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `Authorization=AAD;ClientId=${CLIENT_ID}`,
    });
  });

  const grants = [
    ['Cognitive Services OpenAI User', 'Microsoft.CognitiveServices/accounts'],
    ['Storage Blob Data Contributor', 'Microsoft.Storage/storageAccounts/blobServices/containers'],
    ['Monitoring Metrics Publisher', 'Microsoft.Insights/components'],
  ] as const;

  for (const [role, type] of grants) {
    it(`has the role ${role} on its target, and nowhere else`, () => {
      const given = ofType(whole, 'Microsoft.Authorization/roleAssignments').map((each) => each.resource);
      assert.equal(given.length, grants.length);
      const [one, ...more] = given.filter(({ scope }) => scope === theOne(whole, type).id);
      assert.deepEqual(more, []);
      assert.deepEqual(one?.['properties'], {
        roleDefinitionId: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${ROLES[role]}`,
        principalId: PRINCIPAL_ID,
        principalType: 'ServicePrincipal',
      });
    });
  }

  it('gets each role under a name that is the same in every deployment and different for each group', () => {
    const written = template.resources.filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments');
    for (const { name, scope = '' } of written) {
      const scopeVariable = scope.slice(1, -1);
      assert.match(name, /^\[guid\(/);
      assert.ok(name.includes(`guid(${scopeVariable}, variables('identityId'), variables('`), name);
    }
    const names = ofType(whole, 'Microsoft.Authorization/roleAssignments').map((each) => each.resource.name);
    assert.equal(new Set(names).size, names.length);
  });
});

describe('an existing model', () => {
  const other = deploy(template, WHOLE_VARIANTS['with more of everything']);

  it('replaces a new one, and the bot uses it', () => {
    assert.deepEqual(ofType(other, 'Microsoft.CognitiveServices/accounts'), []);
    assert.deepEqual(ofType(other, 'Microsoft.CognitiveServices/accounts/deployments'), []);
    assert.equal(ofType(other, 'Microsoft.Authorization/roleAssignments').length, 2);
    assert.equal(settingsOf(other)['AZURE_OPENAI_ENDPOINT'], 'https://other.openai.azure.com/');
  });
});

describe('a bot that runs elsewhere', () => {
  it('has its own identity, and no secret in its registration', () => {
    const elsewhere = deploy(readTemplate('azurebot.json'), {
      botName: 'my-bot',
      appId: CLIENT_ID,
      endpoint: 'https://x.devtunnels.ms/api/messages',
    });
    assert.partialDeepStrictEqual(theOne(elsewhere, 'Microsoft.BotService/botServices').resource, {
      properties: {
        msaAppType: 'SingleTenant',
        msaAppId: CLIENT_ID,
        msaAppTenantId: TENANT,
        endpoint: 'https://x.devtunnels.ms/api/messages',
      },
    });
  });
});
