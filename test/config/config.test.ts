import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { OWN_PORT_URL, readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { azure, problemsOf } from './problems-of.ts';

const APP_ID = '8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90';

/** Read, but not set by operators: variables of the platform, of botbuilder for other clouds, and lower-case forms. */
const UNLISTED = new Set([
  ...['AZURE_STORAGE_CONNECTION_STRING', 'WEBSITE_HOSTNAME', 'WEBSITE_SITE_NAME', 'NODE_ENV'],
  ...['CallerId', 'OAuthUrl', 'ToBotFromChannelOpenIdMetadataUrl', 'ToBotFromChannelTokenIssuer'],
  ...['ToBotFromEmulatorOpenIdMetadataUrl', 'ToChannelFromBotLoginUrl', 'ToChannelFromBotOAuthScope'],
  ...['ValidateAuthority', 'all_proxy', 'http_proxy', 'https_proxy', 'no_proxy'],
]);

describe('readConfig', () => {
  it('uses Entra ID without a key, and the documented defaults', () => {
    const config = readConfig(azure);
    assert.deepEqual(config.model, {
      kind: 'azureEntraId',
      endpoint: 'https://r.openai.azure.com',
      model: 'gpt-realtime',
      scope: 'https://cognitiveservices.azure.com/.default',
    });
    assert.partialDeepStrictEqual(config.session, {
      instructions: 'You are a helpful assistant. You respond by voice and text.',
      voice: 'alloy',
      modality: 'audio',
      maxOutputTokens: undefined,
      transcriptionModel: undefined,
    });
    const { port, host, publicBaseUrl, isAuthenticated, turnTimeoutMs, drainMs, sessionIdleMs } = config;
    assert.deepEqual([port, host, publicBaseUrl, isAuthenticated], [3978, '127.0.0.1', OWN_PORT_URL, false]);
    assert.deepEqual([turnTimeoutMs, drainMs, sessionIdleMs], [90_000, 45_000, 300_000]);
    assert.deepEqual([config.maxWarmSessions, config.historyTurns, config.webchatAudio], [100, 40, 'attachment']);
  });

  it('prefers a key to Entra ID, and Azure to plain OpenAI', () => {
    const key = readConfig({ ...azure, AZURE_OPENAI_API_KEY: 'k', OPENAI_API_KEY: 'o', OPENAI_MODEL: 'm' });
    assert.equal(key.model.kind, 'azureKey');
    const plain = readConfig({ OPENAI_API_KEY: 'o', OPENAI_MODEL: 'm' });
    assert.deepEqual(plain.model, { kind: 'openai', baseUrl: 'https://api.openai.com/v1', model: 'm', apiKey: 'o' });
  });

  it('lists every problem at once, each with variable, finding and expectation, and no secret', () => {
    const problems = problemsOf({
      AZURE_OPENAI_ENDPOINT: 'http://example.com',
      AZURE_OPENAI_API_KEY: 'very-secret',
      PORT: '99999',
      TURN_TIMEOUT_SECONDS: 'soon',
      WEBCHAT_AUDIO: 'film',
      LOG_LEVEL: 'loud',
      REALTIME_MAX_OUTPUT_TOKENS: '5000',
      MicrosoftAppType: 'SingleTennant',
    });
    const variables = ['AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_DEPLOYMENT_NAME', 'PORT', 'TURN_TIMEOUT_SECONDS'];
    for (const name of [...variables, 'WEBCHAT_AUDIO', 'LOG_LEVEL', 'REALTIME_MAX_OUTPUT_TOKENS', 'MicrosoftAppType']) {
      const about = problems.filter((problem) => problem.startsWith(name));
      assert.equal(about.length, 1, `one problem about ${name}`);
      assert.match(about[0] ?? '', /expected/);
    }
    assert.equal(problems.length, 8);
    assert.doesNotMatch(problems.join('\n'), /very-secret/);
  });

  it('allows http for loopback hosts only, and no credentials in an address', () => {
    for (const endpoint of ['http://localhost:8790', 'http://127.0.0.1:1', 'http://[::1]:2']) {
      assert.deepEqual(problemsOf({ ...azure, AZURE_OPENAI_ENDPOINT: endpoint }), []);
    }
    for (const endpoint of ['http://10.0.0.1', 'ftp://localhost', 'https://u:hidden@r.openai.azure.com', 'nonsense']) {
      const problems = problemsOf({ ...azure, AZURE_OPENAI_ENDPOINT: endpoint });
      assert.equal(problems.length, 1, endpoint);
      assert.doesNotMatch(problems[0] ?? '', /hidden/);
    }
  });

  it('rejects production without an app id, unless ALLOW_UNAUTHENTICATED is set', () => {
    assert.equal(problemsOf({ ...azure, NODE_ENV: 'production' }).length, 1);
    assert.equal(problemsOf({ ...azure, WEBSITE_SITE_NAME: 'site' }).length, 1);
    assert.equal(problemsOf({ ...azure, HOST: '0.0.0.0' }).length, 1);
    assert.deepEqual(problemsOf({ ...azure, NODE_ENV: 'production', ALLOW_UNAUTHENTICATED: 'true' }), []);
    const withId = { ...azure, NODE_ENV: 'production', MicrosoftAppId: APP_ID, MicrosoftAppPassword: 'p' };
    assert.deepEqual(problemsOf(withId), []);
    assert.equal(readConfig(withId).host, undefined);
    assert.equal(readConfig(withId).publicBaseUrl, undefined);
    assert.equal(
      readConfig({ ...withId, WEBSITE_HOSTNAME: 'x.azurewebsites.net' }).publicBaseUrl,
      'https://x.azurewebsites.net',
    );
  });

  it('requires the settings of each app type', () => {
    const id = { ...azure, MicrosoftAppId: APP_ID };
    assert.equal(problemsOf({ ...id, MicrosoftAppType: 'SingleTenant' }).length, 1);
    assert.equal(
      problemsOf({
        ...id,
        MicrosoftAppType: 'userassignedmsi',
        MicrosoftAppTenantId: APP_ID,
        MicrosoftAppPassword: 'p',
      }).length,
      1,
    );
    assert.deepEqual(problemsOf({ ...id, MicrosoftAppType: 'UserAssignedMSI', MicrosoftAppTenantId: APP_ID }), []);
    assert.match(readConfig(id).notices.join(), /MicrosoftAppPassword/);
  });

  it('accepts only GUIDs as ids', () => {
    const id = { ...azure, MicrosoftAppId: APP_ID.toUpperCase(), MicrosoftAppPassword: 'p' };
    for (const tenant of ['', APP_ID, APP_ID.toUpperCase()])
      assert.deepEqual(problemsOf({ ...id, MicrosoftAppTenantId: tenant }), []);
    assert.deepEqual(problemsOf({ ...id, MicrosoftAppId: 'abc', MicrosoftAppTenantId: 'my tenant' }), [
      'MicrosoftAppId is "abc"; expected a GUID such as 8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90 (the client id of the app registration)',
      'MicrosoftAppTenantId is "my tenant"; expected a GUID (the directory id of the tenant, as "az account show --query tenantId" prints it)',
    ]);
  });

  it('treats blank values as unset and freezes the result', () => {
    const config = readConfig({ ...azure, PORT: ' ', AZURE_OPENAI_API_KEY: '', MicrosoftAppId: '' });
    assert.equal(config.port, 3978);
    assert.equal(config.model.kind, 'azureEntraId');
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.session) && Object.isFrozen(config.botEnv));
  });

  it('rejects a list without an entry, which would allow everybody', () => {
    assert.match(problemsOf({ ...azure, ALLOWED_USERS: ' ,, ' }).join(), /ALLOWED_USERS is ",,"/);
    assert.deepEqual(readConfig({ ...azure, ALLOWED_USERS: ' ' }).allowedUsers, []);
    assert.deepEqual(readConfig({ ...azure, ALLOWED_USERS: 'a, ,b,' }).allowedUsers, ['a', 'b']);
  });

  it('warns that channels cannot reach the audio of a bot without an https address', () => {
    const bot = { ...azure, MicrosoftAppId: APP_ID, MicrosoftAppPassword: 'y' };
    assert.match(readConfig({ ...bot, PUBLIC_BASE_URL: 'http://localhost:1' }).notices.join(), /not an https address/);
    for (const PUBLIC_BASE_URL of ['https://bot.example.com', 'HTTPS://bot.example.com'])
      assert.deepEqual(readConfig({ ...bot, PUBLIC_BASE_URL }).notices, []);
    const site = { ...bot, WEBSITE_HOSTNAME: 'x.azurewebsites.net' };
    assert.deepEqual(readConfig(site).notices, []);
    assert.match(readConfig({ ...site, PUBLIC_BASE_URL: 'http://localhost:1' }).notices.join(), /not an https address/);
  });

  it('rejects the messages endpoint as the public address', () => {
    for (const end of ['/api/messages', '/API/messages/', '/bot/api/messages'])
      assert.deepEqual(problemsOf({ ...azure, PUBLIC_BASE_URL: `https://bot.example.com${end}` }), [
        'PUBLIC_BASE_URL ends in /api/messages; expected the address without /api/messages',
      ]);
    const { publicBaseUrl } = readConfig({ ...azure, PUBLIC_BASE_URL: 'https://bot.example.com/bot/' });
    assert.equal(publicBaseUrl, 'https://bot.example.com/bot');
  });

  it('warns that an allow list without an app id allows nobody', () => {
    for (const name of ['ALLOWED_TENANTS', 'ALLOWED_USERS']) {
      assert.match(readConfig({ ...azure, [name]: APP_ID }).notices.join(), /the bot refuses everyone/);
      const bot = { MicrosoftAppId: APP_ID, MicrosoftAppPassword: 'y', PUBLIC_BASE_URL: 'https://bot.example.com' };
      assert.deepEqual(readConfig({ ...azure, ...bot, [name]: APP_ID }).notices, []);
    }
  });

  it('reads the hosts that files may be fetched from, and names invalid ones', () => {
    const hosts = (list: string) => readConfig({ ...azure, ATTACHMENT_HOSTS: list }).attachmentHosts;
    assert.deepEqual(hosts('files.example.com, *.example.org'), [
      { host: 'files.example.com' },
      { host: '*.example.org' },
    ]);
    assert.throws(() => hosts('https://files.example.com/x'), /ATTACHMENT_HOSTS names .*expected hosts such as/);
  });

  it('rejects an invalid proxy without quoting it', () => {
    assert.equal(readConfig(azure).proxy, undefined);
    assert.equal(readConfig({ ...azure, HTTPS_PROXY: 'http://proxy.test:8080' }).proxy?.url, 'http://proxy.test:8080');
    for (const value of ['proxy.test', 'socks5://user:a-secret@proxy.test'])
      assert.throws(
        () => readConfig({ ...azure, HTTPS_PROXY: value }),
        (err: Error) =>
          /HTTPS_PROXY is not the address of an HTTP proxy/.test(err.message) && !err.message.includes(value),
      );
  });

  it('reads exactly the variables in .env.example', () => {
    const read = new Set<string>();
    const recorded = (env: Env) =>
      new Proxy(env, {
        get(target, name) {
          read.add(String(name));
          return Reflect.get(target, name);
        },
      });
    // Some variables are read only if others are set.
    for (const env of [
      azure,
      { OPENAI_API_KEY: 'o', OPENAI_MODEL: 'm' },
      { ...azure, MicrosoftAppId: APP_ID, MicrosoftAppPassword: 'p' },
      { ...azure, HTTPS_PROXY: 'http://proxy.test' },
    ])
      readConfig(recorded(env));
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const listed = [...example.matchAll(/^(?:# )?([A-Za-z]\w+)=/gm)].map(([, name = '']) => name);
    const expected = [...read, 'NODE_EXTRA_CA_CERTS'].filter((name) => !UNLISTED.has(name));
    assert.deepEqual(listed.sort(), expected.sort());
  });
});

describe('the places where documents may be searched', () => {
  const scopesOf = (DOCUMENTS_SCOPES: string) =>
    readConfig({ ...azure, DOCUMENTS_FOLDER: 'handbook', DOCUMENTS_SCOPES }).tools.documents?.scopes;

  it('may be listed twice', () => {
    assert.deepEqual(scopesOf('personal,group'), ['personal', 'group']);
    assert.deepEqual(scopesOf('personal, personal'), ['personal']);
  });

  it('are rejected if one is unknown, also beside one that is listed twice', () => {
    for (const scopes of ['team', 'personal,personal,team'])
      assert.deepEqual(problemsOf({ ...azure, DOCUMENTS_SCOPES: scopes }), [
        `DOCUMENTS_SCOPES is "${scopes}"; expected some of personal, group, channel`,
      ]);
  });
});
