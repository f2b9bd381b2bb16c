import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ENTRIES, START_COMMAND } from '../../dev/packaging/bundle-table.ts';
import { createApp } from '../../src/app.ts';
import { LAST_SENDS_MS, readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/log.ts';
import { TEST_BUILD } from '../support/build.ts';
import { silentTelemetry } from '../support/silent-telemetry.ts';
import { deploy, ofType, theOne } from './deployment.ts';
import { environmentOf, settingsOf, siteConfigOf } from './settings.ts';
import { readTemplate } from './template.ts';

const template = readTemplate('azuredeploy.json');
const whole = deploy(template);
const site = siteConfigOf(whole);
const root = new URL('../../', import.meta.url);
const packageJson = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

/** The maximum of App Service: https://learn.microsoft.com/azure/app-service/reference-app-settings */
const MAX_STOP_SECONDS = 120;

describe('the site', () => {
  it('stays loaded, and has no session affinity', () => {
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

  it('runs the command of `npm start` without a shell in between, which would swallow SIGTERM', () => {
    const file = packageJson.scripts.start.split(' ').at(-1);
    assert.equal(site.appCommandLine, `exec node ${file}`);
  });

  it('starts like the ZIP, with a program that is in it', () => {
    assert.equal(site.appCommandLine, START_COMMAND);
    const name = /^exec node dist\/(\w+)\.js$/.exec(site.appCommandLine)?.[1] ?? '';
    assert.ok(name in ENTRIES, name);
  });

  it('is configured in sequence, since concurrent changes would conflict', () => {
    const { id } = theOne(whole, 'Microsoft.Web/sites');
    const parts = whole.resources.filter((each) => each.id.startsWith(`${id}/`) && each.resource.scope === undefined);
    assert.equal(parts.length, 4);
    assert.equal(ofType(whole, 'Microsoft.Web/sites/config').length, 2);
    for (const [index, { resource }] of parts.entries())
      if (index > 0) assert.ok(resource.dependsOn?.includes(parts[index - 1]?.id ?? ''), resource.name);
  });

  it('leaves DISPATCH in its slot in a swap, and moves all other settings', () => {
    const [names] = ofType(whole, 'Microsoft.Web/sites/config').filter(({ id }) => id.endsWith('/slotConfigNames'));
    assert.deepEqual(names?.resource['properties'], { appSettingNames: ['DISPATCH'] });
    assert.ok('DISPATCH' in settingsOf(whole));
  });

  it('runs the Node version of the scripts, which the package supports', () => {
    const major = Number(/^NODE\|(\d+)-lts$/.exec(site.linuxFxVersion)?.[1]);
    const pinned = Object.entries<string>(packageJson.optionalDependencies).filter(([name]) =>
      name.startsWith('node-'),
    );
    assert.ok(pinned.length > 0);
    for (const [name, version] of pinned) assert.equal(Number(version.split('.')[0]), major, name);
    assert.ok(major >= Number(/\d+/.exec(packageJson.engines.node)?.[0]));
  });

  it('runs a prebuilt package unchanged', () => {
    const { WEBSITE_RUN_FROM_PACKAGE, SCM_DO_BUILD_DURING_DEPLOYMENT } = settingsOf(whole);
    assert.deepEqual([WEBSITE_RUN_FROM_PACKAGE, SCM_DO_BUILD_DURING_DEPLOYMENT], ['1', 'false']);
  });

  it('has its health route and messages route where the bot serves them', async (t) => {
    const here = { PORT: '0', HOST: '127.0.0.1', DATABASE_URL: '' };
    const config = readConfig({ ...environmentOf(whole), ...here });
    const app = createApp({ config, build: TEST_BUILD, log: createLogger('silent'), telemetry: silentTelemetry() });
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

  it('has more time to stop than the bot needs, and no more than the platform allows', () => {
    const lastSendsSeconds = LAST_SENDS_MS / 1000;
    const { minValue = Number.NaN, maxValue = Number.NaN } = template.parameters['drainSeconds'] ?? {};
    for (const given of [{}, { drainSeconds: minValue }, { drainSeconds: maxValue }]) {
      const settings = settingsOf(deploy(template, given));
      const stopSeconds = Number(settings['WEBSITES_CONTAINER_STOP_TIME_LIMIT']);
      assert.ok(stopSeconds > Number(settings['DRAIN_SECONDS']) + lastSendsSeconds, JSON.stringify(given));
      assert.ok(stopSeconds <= MAX_STOP_SECONDS, JSON.stringify(given));
    }
  });
});
