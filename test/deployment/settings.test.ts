import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { ConfigError } from '../../src/errors.ts';
import { CLIENT_ID, deploy } from './deployment.ts';
import { TENANT } from './functions.ts';
import { environmentOf, settingsOf } from './settings.ts';
import { readTemplate } from './template.ts';
import { WHOLE_VARIANTS } from './variants.ts';

/** Read by the platform: https://learn.microsoft.com/azure/app-service/reference-app-settings */
const OF_THE_PLATFORM = [
  'SCM_DO_BUILD_DURING_DEPLOYMENT',
  'WEBSITES_CONTAINER_STOP_TIME_LIMIT',
  'WEBSITE_HEALTHCHECK_MAXPINGFAILURES',
  'WEBSITE_RUN_FROM_PACKAGE',
];

/** Read by @azure/identity, which identity.test.ts verifies. */
const OF_THE_IDENTITY = ['AZURE_CLIENT_ID', 'AZURE_TOKEN_CREDENTIALS'];

/** Read by the exporter to Application Insights: with any value it reports nothing about itself to Microsoft. */
const OF_THE_EXPORTER = ['APPLICATION_INSIGHTS_NO_STATSBEAT'];

const OF_OTHERS = [...OF_THE_PLATFORM, ...OF_THE_IDENTITY, ...OF_THE_EXPORTER];

/** Variables of the bot that the template does not set, each with the reason. */
const LEFT_ALONE: Readonly<Record<string, string>> = {
  AZURE_OPENAI_API_KEY: 'the identity signs in',
  AZURE_OPENAI_SCOPE: 'the default fits',
  AZURE_CLIENT_SECRET: 'the identity signs in',
  AZURE_CLIENT_CERTIFICATE_PATH: 'the identity signs in',
  AZURE_CLIENT_CERTIFICATE_PASSWORD: 'the identity signs in',
  AZURE_TENANT_ID: 'the identity signs in',
  AZURE_AUTHORITY_HOST: 'public cloud',
  NODE_EXTRA_CA_CERTS: 'all that it reaches has public certificates',
  AZURE_STORAGE_CONNECTION_STRING: 'stops the start',
  DATABASE_POOL_SIZE: 'the default fits',
  OPENAI_API_KEY: 'the model is in Azure',
  OPENAI_BASE_URL: 'the model is in Azure',
  OPENAI_MODEL: 'the model is in Azure',
  MicrosoftAppPassword: 'the identity signs in',
  CertificateThumbprint: 'the identity signs in',
  CertificatePrivateKey: 'the identity signs in',
  ChannelService: 'public cloud',
  ToChannelFromBotLoginUrl: 'public cloud',
  ToChannelFromBotOAuthScope: 'public cloud',
  ToBotFromChannelTokenIssuer: 'public cloud',
  OAuthUrl: 'public cloud',
  ToBotFromChannelOpenIdMetadataUrl: 'public cloud',
  ToBotFromEmulatorOpenIdMetadataUrl: 'public cloud',
  CallerId: 'public cloud',
  ValidateAuthority: 'public cloud',
  ALLOW_UNAUTHENTICATED: 'the bot has an identity',
  DIRECT_LINE_ENHANCED_AUTHENTICATION: 'a switch of the Direct Line channel, which the template does not set up',
  MCP_CONFIG: 'a file that the package does not hold',
  DOCUMENTS_FOLDER: 'a folder that the package does not hold',
  DOCUMENTS_USERS: 'goes with DOCUMENTS_FOLDER',
  DOCUMENTS_SCOPES: 'goes with DOCUMENTS_FOLDER',
  CHAT_PAGE_URL: 'the site serves no chat page',
  EXAMPLE_TOOLS: 'for the demo',
  TOOL_APPROVERS: 'goes with MCP_CONFIG',
  TOOL_AUDIT_RETENTION_DAYS: 'the default fits',
  PORT: 'the platform sets it',
  HOST: 'all interfaces, since there is an app id',
  PUBLIC_BASE_URL: 'WEBSITE_HOSTNAME serves',
  WEBSITE_HOSTNAME: 'the platform sets it',
  WEBSITE_SITE_NAME: 'the platform sets it',
  AUDIO_MEMORY_MB: 'the default fits',
  AUDIO_BROWSER_LINKS: 'the default fits',
  WEBCHAT_AUDIO: 'the default fits',
  HISTORY_TURNS: 'the default fits',
  SESSION_IDLE_SECONDS: 'the default fits',
  TURN_TIMEOUT_SECONDS: 'the default fits',
  PRICE_TABLE: 'names a file',
  LOG_LEVEL: 'the default fits',
  ATTACHMENT_HOSTS: "the channels' own hosts serve",
  HTTPS_PROXY: 'App Service reaches the internet by itself',
  https_proxy: 'App Service reaches the internet by itself',
  ALL_PROXY: 'App Service reaches the internet by itself',
  all_proxy: 'App Service reaches the internet by itself',
  HTTP_PROXY: 'App Service reaches the internet by itself',
  http_proxy: 'App Service reaches the internet by itself',
  NO_PROXY: 'App Service reaches the internet by itself',
};

/** Model parameters and limits have suitable defaults, so the template need not set each of them. */
const DEFAULT_FITS = /^(REALTIME|MAX)_/;

/** The variables that the configuration checks in such an environment. */
function namesReadIn(env: Env): readonly string[] {
  const names = new Set<string>();
  const watched = new Proxy(env, {
    get(target, name) {
      if (typeof name === 'string') names.add(name);
      return Reflect.get(target, name);
    },
  });
  try {
    readConfig(watched);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
  }
  return [...names];
}

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
const EXAMPLE_NAMES = [...example.matchAll(/^(?:# )?([A-Za-z_]+)=/gm)].map((found) => found[1] ?? '');
const whole = deploy(readTemplate('azuredeploy.json'));
const settings = settingsOf(whole);
const BOT_NAMES = new Set([
  ...EXAMPLE_NAMES,
  ...namesReadIn({}),
  ...namesReadIn({ OPENAI_API_KEY: 'a key' }),
  ...namesReadIn(environmentOf(whole)),
]);

describe('the settings of the site', () => {
  it('are variables that the bot, its libraries or the platform read', () => {
    const known = [...BOT_NAMES, ...OF_OTHERS];
    assert.deepEqual(
      Object.keys(settings).filter((name) => !known.includes(name)),
      [],
    );
    for (const name of OF_OTHERS) assert.ok(name in settings, name);
  });

  it('switch off the self-report of the Application Insights library by the name that it reads', () => {
    const exporter = createRequire(createRequire(import.meta.url).resolve('@azure/monitor-opentelemetry')).resolve(
      '@azure/monitor-opentelemetry-exporter',
    );
    const base = readFileSync(new URL('export/base.js', pathToFileURL(exporter)), 'utf8');
    const constants = readFileSync(new URL('Declarations/Constants.js', pathToFileURL(exporter)), 'utf8');
    const [, constant = ''] = /trackStatsbeat = .*!process\.env\[(?:\w+\.)?(\w+)\]/.exec(base) ?? [];
    assert.equal(new RegExp(`\\b${constant} = "(\\w+)"`).exec(constants)?.[1], OF_THE_EXPORTER[0]);
    assert.equal(settings[OF_THE_EXPORTER[0] ?? ''], 'true');
  });

  it('include every variable of the bot, except those that are left out for a reason', () => {
    assert.ok(BOT_NAMES.size > 40);
    const left = [...BOT_NAMES].filter((name) => !(name in settings) && !DEFAULT_FITS.test(name));
    assert.deepEqual(left.sort(), Object.keys(LEFT_ALONE).sort());
  });

  for (const [name, given] of Object.entries(WHOLE_VARIANTS)) {
    it(`${name} are a valid configuration`, () => {
      const config = readConfig(environmentOf(deploy(readTemplate('azuredeploy.json'), given)));
      assert.deepEqual(config.notices, []);
      assert.partialDeepStrictEqual(config.telemetry, { entraScope: 'https://monitor.azure.com/.default' });
      assert.ok(config.isAuthenticated);
      assert.equal(config.model.kind, 'azureEntraId');
      const hasBlobs = given['audioInBlobStorage'] === true;
      assert.match(
        config.azureStorageBlobUrl ?? '',
        hasBlobs ? /^https:\/\/[a-z0-9]+\.blob\.core\.windows\.net$/ : /^$/,
      );
      assert.equal(config.host, undefined);
      assert.equal(config.port, 8080);
      assert.match(String(config.publicBaseUrl), /^https:\/\/[a-z0-9-]+\.azurewebsites\.net$/);
    });
  }

  it("keep the bot's defaults, except for the allowed users and a daily budget", () => {
    const { AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_DEPLOYMENT_NAME, ...others } = environmentOf(whole);
    const budget = { DAILY_BUDGET_USD: '10' };
    const plain = readConfig({ AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_DEPLOYMENT_NAME, ...budget });
    const deployed = readConfig({ AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_DEPLOYMENT_NAME, ...others });
    for (const name of [
      'session',
      'limits',
      'audioRetentionMs',
      'audioStoreBytes',
      'recordRetentionMs',
      'drainMs',
      'allowedUsers',
    ] as const) {
      assert.deepEqual(deployed[name], plain[name], name);
    }
    assert.deepEqual(deployed.allowedTenants, [TENANT]);
  });

  it('contain the given values', () => {
    const given = WHOLE_VARIANTS['with more of everything'] ?? {};
    const config = readConfig(environmentOf(deploy(readTemplate('azuredeploy.json'), given)));
    assert.deepEqual(config.allowedTenants, []);
    assert.deepEqual(config.allowedUsers, [CLIENT_ID, '29:abc']);
    assert.deepEqual([config.session.instructions, config.session.voice], ['You answer in rhymes.', 'marin']);
    assert.partialDeepStrictEqual(config.limits, { turnsPerMinute: 10, dayUsd: 5, personUsd: 1, conversationUsd: 0.5 });
    assert.deepEqual(
      [config.audioRetentionMs / 3_600_000, config.recordRetentionMs / 86_400_000, config.drainMs / 1000],
      [8760, 3650, 90],
    );
    assert.deepEqual(
      [config.audioStoreBytes / 1_048_576, config.database?.schema, config.database?.isDispatching],
      [16_384, 'second_bot', false],
    );
  });

  it('contain the values of all parameters, from end to end', () => {
    const { parameters } = readTemplate('azuredeploy.json');
    for (const name of ['audioRetentionHours', 'audioStoreMb', 'recordRetentionDays', 'drainSeconds']) {
      for (const value of [parameters[name]?.minValue, parameters[name]?.maxValue]) {
        readConfig(environmentOf(deploy(readTemplate('azuredeploy.json'), { [name]: value ?? Number.NaN })));
      }
    }
  });
});
