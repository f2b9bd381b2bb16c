import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deploy, ofType, theOne } from './deployment.ts';
import { settingsOf } from './settings.ts';
import { readTemplate } from './template.ts';

const whole = deploy(readTemplate('azuredeploy.json'));

describe('the model', () => {
  it('is a realtime model whose deployments are created one after another', () => {
    const made = ofType(whole, 'Microsoft.CognitiveServices/accounts/deployments');
    assert.partialDeepStrictEqual(made[0]?.resource, {
      sku: { name: 'GlobalStandard', capacity: 5 },
      properties: {
        model: { format: 'OpenAI', name: 'gpt-realtime-1.5', version: '2026-02-23' },
        raiPolicyName: 'Microsoft.DefaultV2',
        versionUpgradeOption: 'OnceCurrentVersionExpired',
      },
    });
    assert.partialDeepStrictEqual(theOne(whole, 'Microsoft.CognitiveServices/accounts').resource, {
      kind: 'AIServices',
      sku: { name: 'S0' },
    });
    made.forEach(({ resource }, index) => {
      if (index > 0) assert.ok(resource.dependsOn?.includes(made[index - 1]?.id ?? ''), resource.name);
    });
    const name = made[0]?.resource.name.split('/')[1];
    assert.equal(settingsOf(whole)['AZURE_OPENAI_DEPLOYMENT_NAME'], name);
  });
});

describe('the channels of a bot', () => {
  for (const [file, given] of [
    ['azuredeploy.json', {}],
    ['azurebot.json', { botName: 'my-bot', appId: 'x', endpoint: 'https://x.devtunnels.ms/api/messages' }],
  ] as const) {
    it(`of ${file} are Teams and Web Chat, one after the other`, () => {
      const channels = ofType(deploy(readTemplate(file), given), 'Microsoft.BotService/botServices/channels');
      const names = channels.map(({ resource }) => (resource['properties'] as { channelName: string }).channelName);
      assert.deepEqual(names, ['MsTeamsChannel', 'WebChatChannel']);
      assert.deepEqual(
        channels.map(({ resource }) => resource.name.split('/')[1]),
        names,
      );
      assert.ok(channels[1]?.resource.dependsOn?.includes(channels[0]?.id ?? ''));
    });

    it(`of ${file} are open, without calls and without unsupported sockets`, () => {
      const bot = deploy(readTemplate(file), given);
      assert.partialDeepStrictEqual(theOne(bot, 'Microsoft.BotService/botServices').resource, {
        location: 'global',
        kind: 'azurebot',
        properties: { schemaTransformationVersion: '1.3', isStreamingSupported: false, publicNetworkAccess: 'Enabled' },
      });
      const channels = ofType(bot, 'Microsoft.BotService/botServices/channels').map(({ resource }) => resource);
      const [teams, webChat] = channels.map((each) => (each['properties'] as { properties: unknown }).properties);
      assert.deepEqual(teams, {
        isEnabled: true,
        acceptedTerms: true,
        enableCalling: false,
        deploymentEnvironment: 'CommercialDeployment',
      });
      assert.deepEqual(webChat, { sites: [{ siteName: 'Default Site', isEnabled: true }] });
    });
  }
});
