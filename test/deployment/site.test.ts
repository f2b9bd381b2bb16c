import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/log.ts';
import { unheardTelemetry } from '../support/telemetry.ts';
import { deploy, ofType, theOne } from './deployment.ts';
import { environmentOf, settingsOf, siteConfigOf } from './settings.ts';
import { readTemplate } from './template.ts';
import { WHOLE_VARIANTS } from './variants.ts';

const template = readTemplate('azuredeploy.json');
const whole = deploy(template);
const more = deploy(template, WHOLE_VARIANTS['with more of everything']);
const site = siteConfigOf(whole);
const root = new URL('../../', import.meta.url);
const packageJson = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

interface ScaleRule {
  readonly metricTrigger: {
    readonly metricName: string;
    readonly metricResourceUri: string;
    readonly operator: string;
    readonly threshold: number;
    readonly timeWindow: string;
  };
  readonly scaleAction: {
    readonly direction: string;
    readonly type: string;
    readonly value: string;
    readonly cooldown: string;
  };
}

/** The most that App Service grants: https://learn.microsoft.com/azure/app-service/reference-app-settings */
const MOST_STOP_SECONDS = 120;

describe('the site', () => {
  it('stays loaded, and sends nobody to where they were before', () => {
    assert.equal(site.alwaysOn, true);
    assert.equal(site.http20Enabled, true);
    assert.equal(site.webSocketsEnabled, false);
    const { resource } = theOne(whole, 'Microsoft.Web/sites');
    assert.partialDeepStrictEqual(resource, {
      kind: 'app,linux',
      properties: { serverFarmId: theOne(whole, 'Microsoft.Web/serverfarms').id, clientAffinityEnabled: false },
    });
    assert.equal(settingsOf(whole)['NODE_ENV'], 'production');
  });

  it('runs what `npm start` runs, without a shell between: that would swallow SIGTERM', () => {
    const file = packageJson.scripts.start.split(' ').at(-1);
    assert.equal(site.appCommandLine, `exec node ${file}`);
    const source = file.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts');
    assert.ok(existsSync(new URL(source, root)), `${source} is what becomes ${file}`);
  });

  it('runs the Node that the scripts pin, which is one that the package takes', () => {
    const major = Number(/^NODE\|(\d+)-lts$/.exec(site.linuxFxVersion)?.[1]);
    const pinned = Object.entries<string>(packageJson.optionalDependencies).filter(([name]) =>
      name.startsWith('node-'),
    );
    assert.ok(pinned.length > 0);
    for (const [name, version] of pinned) assert.equal(Number(version.split('.')[0]), major, name);
    assert.ok(major >= Number(/\d+/.exec(packageJson.engines.node)?.[0]));
  });

  it('runs a package that is built before, as it is', () => {
    const { WEBSITE_RUN_FROM_PACKAGE, SCM_DO_BUILD_DURING_DEPLOYMENT } = settingsOf(whole);
    assert.deepEqual([WEBSITE_RUN_FROM_PACKAGE, SCM_DO_BUILD_DURING_DEPLOYMENT], ['1', 'false']);
  });

  it('is asked for its health and given messages where the bot answers', async (t) => {
    const here = { PORT: '0', HOST: '127.0.0.1', AZURE_STORAGE_BLOB_URL: '' };
    const config = readConfig({ ...environmentOf(whole), ...here });
    const app = createApp({ config, log: createLogger('silent'), telemetry: unheardTelemetry() });
    t.after(() => app.close());
    const url = `http://127.0.0.1:${await app.start()}`;
    assert.equal((await fetch(url + site.healthCheckPath)).status, 200);
    const failures = Number(settingsOf(whole)['WEBSITE_HEALTHCHECK_MAXPINGFAILURES']);
    assert.ok(failures >= 2 && failures <= 10, 'what the platform takes');
    const { endpoint } = theOne(whole, 'Microsoft.BotService/botServices').resource['properties'] as {
      endpoint: string;
    };
    const { protocol, pathname } = new URL(endpoint);
    assert.equal(protocol, 'https:');
    assert.equal((await fetch(url + pathname, { method: 'POST' })).status, 401);
    assert.equal(whole.outputs['messagingEndpoint'], endpoint);
  });

  it('is given more time to stop than the bot takes, and no more than the platform grants', () => {
    const source = readFileSync(new URL('src/index.ts', root), 'utf8');
    const lastSendsSeconds = Number(/LAST_SENDS_MS = ([\d_]+);/.exec(source)?.[1]?.replaceAll('_', '')) / 1000;
    assert.ok(lastSendsSeconds > 0);
    const { minValue = Number.NaN, maxValue = Number.NaN } = template.parameters['drainSeconds'] ?? {};
    for (const given of [{}, { drainSeconds: minValue }, { drainSeconds: maxValue }]) {
      const settings = settingsOf(deploy(template, given));
      const stopSeconds = Number(settings['WEBSITES_CONTAINER_STOP_TIME_LIMIT']);
      assert.ok(stopSeconds > Number(settings['DRAIN_SECONDS']) + lastSendsSeconds, JSON.stringify(given));
      assert.ok(stopSeconds <= MOST_STOP_SECONDS, JSON.stringify(given));
    }
  });
});

describe('the plan', () => {
  it('is one for Linux that can keep a site loaded', () => {
    const { resource } = theOne(whole, 'Microsoft.Web/serverfarms');
    assert.partialDeepStrictEqual(resource, {
      kind: 'linux',
      sku: { name: 'B1', capacity: 1 },
      properties: { reserved: true },
    });
    assert.ok(template.parameters['planSku']?.allowedValues?.every((size) => /^[BSP]/.test(String(size))));
  });

  it('scales by itself where its size can, and only there', () => {
    assert.deepEqual(ofType(whole, 'Microsoft.Insights/autoscalesettings'), []);
    for (const size of template.parameters['planSku']?.allowedValues ?? []) {
      const scaled = ofType(deploy(template, { planSku: size }), 'Microsoft.Insights/autoscalesettings');
      assert.equal(scaled.length, String(size).startsWith('B') ? 0 : 1, String(size));
    }
    const { resource } = theOne(more, 'Microsoft.Insights/autoscalesettings');
    assert.partialDeepStrictEqual(resource, {
      properties: {
        enabled: true,
        targetResourceUri: theOne(more, 'Microsoft.Web/serverfarms').id,
        profiles: [{ capacity: { minimum: '2', maximum: '5', default: '2' } }],
      },
    });
  });

  it('takes an instance more where one of two things is short, and one less where both are not, more slowly', () => {
    const { id } = theOne(more, 'Microsoft.Web/serverfarms');
    const { profiles } = theOne(more, 'Microsoft.Insights/autoscalesettings').resource['properties'] as unknown as {
      profiles: readonly { readonly rules: readonly ScaleRule[] }[];
    };
    const rules = profiles.flatMap((profile) => profile.rules);
    for (const { metricTrigger, scaleAction } of rules) {
      assert.equal(metricTrigger.metricResourceUri, id);
      assert.deepEqual([scaleAction.type, scaleAction.value], ['ChangeCount', '1']);
    }
    const said = rules.map(({ metricTrigger: { metricName, operator, threshold, timeWindow }, scaleAction }) =>
      [metricName, operator, threshold, timeWindow, scaleAction.direction, scaleAction.cooldown].join(' '),
    );
    assert.deepEqual(said, [
      'CpuPercentage GreaterThan 70 PT5M Increase PT5M',
      'MemoryPercentage GreaterThan 80 PT5M Increase PT5M',
      'CpuPercentage LessThan 30 PT15M Decrease PT15M',
      'MemoryPercentage LessThan 60 PT15M Decrease PT15M',
    ]);
  });

  it('never scales to less than its least', () => {
    const given = { planSku: 'P0v3', instances: 4, maxInstances: 1 };
    assert.partialDeepStrictEqual(theOne(deploy(template, given), 'Microsoft.Insights/autoscalesettings').resource, {
      properties: { profiles: [{ capacity: { minimum: '4', maximum: '4' } }] },
    });
  });
});

describe('the model', () => {
  it('is a realtime model, and its deployments are made one after another', () => {
    const made = ofType(whole, 'Microsoft.CognitiveServices/accounts/deployments');
    assert.partialDeepStrictEqual(made[0]?.resource, {
      sku: { name: 'GlobalStandard', capacity: 10 },
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
  }
});
