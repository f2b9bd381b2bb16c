import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { ConfigError } from '../../src/errors.ts';

const azure = { AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com/', AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime' };

const APP_ID = '8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90';

function problemsOf(env: Env): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

describe('readConfig', () => {
  it('takes Entra ID where no key is set, and the defaults of the design', () => {
    const config = readConfig(azure);
    assert.deepEqual(config.model, {
      kind: 'azureEntraId',
      endpoint: 'https://r.openai.azure.com',
      model: 'gpt-realtime',
      scope: 'https://cognitiveservices.azure.com/.default',
    });
    assert.deepEqual(config.session, {
      instructions: 'You are a helpful assistant. You respond by voice and text.',
      voice: 'alloy',
      modality: 'audio',
      maxOutputTokens: undefined,
      transcriptionModel: undefined,
    });
    const { port, host, publicBaseUrl, isAuthenticated, turnTimeoutMs, drainMs, sessionIdleMs } = config;
    assert.deepEqual([port, host, publicBaseUrl, isAuthenticated], [3978, '127.0.0.1', 'localhost', false]);
    assert.deepEqual([turnTimeoutMs, drainMs, sessionIdleMs], [90_000, 45_000, 300_000]);
    assert.deepEqual([config.maxWarmSessions, config.historyTurns, config.webchatAudio], [100, 40, 'attachment']);
  });

  it('takes a key before Entra ID, and Azure before plain OpenAI', () => {
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

  it('refuses production without an app id, unless told otherwise', () => {
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

  it('knows what each kind of identity needs', () => {
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

  it('takes ids that are GUIDs alone', () => {
    const id = { ...azure, MicrosoftAppId: APP_ID.toUpperCase(), MicrosoftAppPassword: 'p' };
    for (const tenant of ['', APP_ID, APP_ID.toUpperCase()])
      assert.deepEqual(problemsOf({ ...id, MicrosoftAppTenantId: tenant }), []);
    assert.deepEqual(problemsOf({ ...id, MicrosoftAppId: 'abc', MicrosoftAppTenantId: 'my tenant' }), [
      'MicrosoftAppId is "abc"; expected a GUID such as 8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90 (the client id of the app registration)',
      'MicrosoftAppTenantId is "my tenant"; expected a GUID (the directory id of the tenant, as "az account show --query tenantId" prints it)',
    ]);
  });

  it('takes the address of the model as the portal shows it', () => {
    const endpointOf = (endpoint: string) => {
      const { model } = readConfig({ ...azure, AZURE_OPENAI_ENDPOINT: endpoint });
      return model.kind === 'openai' ? '' : model.endpoint;
    };
    const resource = 'https://r.openai.azure.com';
    for (const path of ['/openai', '/openai/', '/openai/v1/', '/openai/v1/realtime?model=x', '/OpenAI/realtime?a=1#b'])
      assert.equal(endpointOf(`${resource}${path}`), resource);
    assert.equal(endpointOf('https://r.services.ai.azure.com/openai/v1'), 'https://r.services.ai.azure.com');
    assert.equal(
      endpointOf('https://eastus.api.cognitive.microsoft.com/openai/'),
      'https://eastus.api.cognitive.microsoft.com',
    );
    // A gateway may be reached at any path, of this name, too.
    for (const gateway of [
      'https://gate.example.com/openai/v1',
      'https://gate.azure-api.net/openai',
      'https://gate.westeurope.cloudapp.azure.com/v1',
    ])
      assert.equal(endpointOf(gateway), gateway);
    assert.match(
      problemsOf({ ...azure, AZURE_OPENAI_ENDPOINT: 'https://gate.example.com/openai/v1?key=hidden' }).join(),
      /^AZURE_OPENAI_ENDPOINT holds credentials, a query or a fragment; expected/,
    );
    assert.equal(problemsOf({ ...azure, AZURE_OPENAI_ENDPOINT: 'https://u:p@r.openai.azure.com/openai' }).length, 1);
  });

  for (const address of [
    'https://r.openai.azure.com/v1',
    'https://r.openai.azure.com/openaix',
    'https://r.openai.azure.us/anything/else',
    'https://r.services.ai.azure.com/api',
    'https://r.cognitiveservices.azure.cn/speechtotext',
    'https://eastus.api.cognitive.microsoft.com/sts/v1.0/issuetoken',
  ]) {
    it(`Foundry endpoint: a path that no resource has is named at the start: ${address}`, () => {
      assert.deepEqual(problemsOf({ ...azure, AZURE_OPENAI_ENDPOINT: address }), [
        'AZURE_OPENAI_ENDPOINT has a path where the model is not; expected the address of the resource without a path, such as https://<resource>.openai.azure.com',
      ]);
    });
  }

  it('Foundry endpoint: the root of the resource is used', () => {
    const endpointOf = (endpoint: string) => {
      const { model } = readConfig({ ...azure, AZURE_OPENAI_ENDPOINT: endpoint });
      return model.kind === 'openai' ? '' : model.endpoint;
    };
    for (const cloud of ['com', 'us', 'cn']) {
      const root = `https://r.services.ai.azure.${cloud}`;
      for (const path of ['', '/', '/api/projects/p', '/api/projects/p/', '/api/projects/p/openai/v1', '/models?a=b'])
        assert.equal(endpointOf(`${root}${path}`), root, path);
    }
    assert.equal(endpointOf('https://gate.example.com/api/projects/p'), 'https://gate.example.com/api/projects/p');
  });

  for (const [endpoint, scope] of [
    ['https://r.openai.azure.com', 'https://cognitiveservices.azure.com/.default'],
    ['https://r.openai.azure.us/openai/v1', 'https://cognitiveservices.azure.us/.default'],
    ['https://R.cognitiveservices.azure.US', 'https://cognitiveservices.azure.us/.default'],
    ['https://r.openai.azure.cn', 'https://cognitiveservices.azure.cn/.default'],
    ['https://gate.azure-api.net/realtime', 'https://cognitiveservices.azure.com/.default'],
    ['https://gate.azure-api.us/realtime', 'https://cognitiveservices.azure.us/.default'],
    ['https://gate.azure-api.cn', 'https://cognitiveservices.azure.cn/.default'],
    ['https://virginia.api.cognitive.microsoft.us', 'https://cognitiveservices.azure.us/.default'],
    ['https://chinaeast2.api.cognitive.azure.cn', 'https://cognitiveservices.azure.cn/.default'],
    ['https://notazure.us', 'https://cognitiveservices.azure.com/.default'],
    ['https://gate.example.us', 'https://cognitiveservices.azure.com/.default'],
    ['https://azure.us.example.com', 'https://cognitiveservices.azure.com/.default'],
    ['http://localhost:8790', 'https://cognitiveservices.azure.com/.default'],
  ] as const) {
    it(`the scope of tokens follows the cloud of the endpoint: ${endpoint}`, () => {
      const env = { ...azure, AZURE_OPENAI_ENDPOINT: endpoint };
      assert.partialDeepStrictEqual(readConfig(env).model, { scope });
      const given = { ...env, AZURE_OPENAI_SCOPE: 'https://ai.azure.com/.default' };
      assert.partialDeepStrictEqual(readConfig(given).model, { scope: 'https://ai.azure.com/.default' });
    });
  }

  it('price of `gpt-realtime`: a budget needs no table of its own', () => {
    const { limits } = readConfig({ ...azure, DAILY_BUDGET_USD: '5' });
    assert.equal(limits.dayUsd, 5);
    assert.equal(limits.prices.models['gpt-realtime']?.audio.out, 64);
  });

  it('treats blank values as unset and freezes the result', () => {
    const config = readConfig({ ...azure, PORT: ' ', AZURE_OPENAI_API_KEY: '', MicrosoftAppId: '' });
    assert.equal(config.port, 3978);
    assert.equal(config.model.kind, 'azureEntraId');
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.session) && Object.isFrozen(config.botEnv));
  });

  it('takes no list that names nobody for one that names all', () => {
    assert.match(problemsOf({ ...azure, ALLOWED_USERS: ' ,, ' }).join(), /ALLOWED_USERS is ",,"/);
    assert.deepEqual(readConfig({ ...azure, ALLOWED_USERS: ' ' }).allowedUsers, []);
    assert.deepEqual(readConfig({ ...azure, ALLOWED_USERS: 'a, ,b,' }).allowedUsers, ['a', 'b']);
  });

  it('says that channels cannot reach the sound of a bot without an https address', () => {
    const bot = { ...azure, MicrosoftAppId: APP_ID, MicrosoftAppPassword: 'y' };
    assert.match(readConfig({ ...bot, PUBLIC_BASE_URL: 'http://localhost:1' }).notices.join(), /no https address/);
    assert.deepEqual(readConfig({ ...bot, PUBLIC_BASE_URL: 'https://bot.example.com' }).notices, []);
    assert.deepEqual(readConfig({ ...bot, WEBSITE_HOSTNAME: 'x.azurewebsites.net' }).notices, []);
  });

  it('takes no public address that is the one for messages', () => {
    for (const end of ['/api/messages', '/API/messages/', '/bot/api/messages'])
      assert.deepEqual(problemsOf({ ...azure, PUBLIC_BASE_URL: `https://bot.example.com${end}` }), [
        'PUBLIC_BASE_URL ends in /api/messages; expected the address without /api/messages',
      ]);
    const { publicBaseUrl } = readConfig({ ...azure, PUBLIC_BASE_URL: 'https://bot.example.com/bot/' });
    assert.equal(publicBaseUrl, 'https://bot.example.com/bot');
  });

  it('says that a list without an app id lets in nobody', () => {
    for (const name of ['ALLOWED_TENANTS', 'ALLOWED_USERS']) {
      assert.match(readConfig({ ...azure, [name]: APP_ID }).notices.join(), /nobody is answered/);
      const bot = { MicrosoftAppId: APP_ID, MicrosoftAppPassword: 'y', PUBLIC_BASE_URL: 'https://bot.example.com' };
      assert.deepEqual(readConfig({ ...azure, ...bot, [name]: APP_ID }).notices, []);
    }
  });

  it('takes bounds of turns and of money', () => {
    const { limits } = readConfig({ ...azure, MAX_TURNS_PER_MINUTE: '5' });
    assert.deepEqual([limits.turnsPerMinute, limits.dayUsd, limits.conversationUsd], [5, undefined, undefined]);
    const priced = { ...azure, AZURE_OPENAI_DEPLOYMENT_NAME: 'GPT-realtime-1.5-2026-02-23' };
    const budgets = { DAILY_BUDGET_USD: '12.50', PERSON_DAILY_BUDGET_USD: '1.5', CONVERSATION_BUDGET_USD: '0.5' };
    const { dayUsd, personUsd, conversationUsd, prices } = readConfig({ ...priced, ...budgets }).limits;
    assert.deepEqual([dayUsd, personUsd, conversationUsd, prices.date], [12.5, 1.5, 0.5, '2026-11-22']);
  });

  it('bounds what models say wherever there is a budget', () => {
    const unbudgeted = { ...azure, AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-2' };
    for (const name of ['DAILY_BUDGET_USD', 'PERSON_DAILY_BUDGET_USD', 'CONVERSATION_BUDGET_USD'])
      assert.equal(readConfig({ ...unbudgeted, [name]: '5' }).session.maxOutputTokens, 4096);
    const priced = { ...unbudgeted, DAILY_BUDGET_USD: '5' };
    assert.equal(readConfig({ ...priced, REALTIME_MAX_OUTPUT_TOKENS: '700' }).session.maxOutputTokens, 700);
    const unbounded = { ...priced, REALTIME_MAX_OUTPUT_TOKENS: 'inf' };
    assert.match(problemsOf(unbounded).join(), /REALTIME_MAX_OUTPUT_TOKENS is "inf"; expected a number/);
  });

  it('takes no budget for a model without a price, unless a table has one', () => {
    const own = { ...azure, AZURE_OPENAI_DEPLOYMENT_NAME: 'my-deployment', DAILY_BUDGET_USD: '5' };
    const { DAILY_BUDGET_USD, ...others } = own;
    assert.match(
      problemsOf({ ...others, PERSON_DAILY_BUDGET_USD: '5' }).join(),
      /^PERSON_DAILY_BUDGET_USD is set and no/,
    );
    assert.match(
      problemsOf(own).join(),
      /DAILY_BUDGET_USD is set and no price .*"my-deployment".*, or a deployment that is named like its model \(gpt-realtime\)$/,
    );
    const prices = { in: 1, cached: 0.1, out: 2 };
    const table = { date: '2026-12-01', models: { 'my-deployment': { text: prices, audio: prices } } };
    const env = { ...own, PRICE_TABLE: 'prices.json' };
    const { limits } = readConfig(env, (path) => (path === 'prices.json' ? JSON.stringify(table) : ''));
    assert.equal(limits.prices.date, '2026-12-01');
    assert.equal(limits.prices.models['my-deployment']?.image.in, 0);
  });

  for (const [name, value, problem] of [
    ['DAILY_BUDGET_USD', '-1', /DAILY_BUDGET_USD is "-1"; expected an amount/],
    ['PERSON_DAILY_BUDGET_USD', '1e9x', /PERSON_DAILY_BUDGET_USD is .*expected an amount/],
    ['CONVERSATION_BUDGET_USD', 'five', /expected an amount/],
    ['CONVERSATION_BUDGET_USD', '0', /expected an amount/],
    ['MAX_TURNS_PER_MINUTE', '0', /expected a whole number/],
    ['PRICE_TABLE', '/no/such/file', /PRICE_TABLE is "\/no\/such\/file": ENOENT/],
  ] as const) {
    it(`refuses ${name}=${value}`, () => assert.match(problemsOf({ ...azure, [name]: value }).join(), problem));
  }

  it('takes a storage account by its address', () => {
    const read = (env: Env) => readConfig({ ...azure, ...env }).azureStorageBlobUrl;
    assert.equal(read({}), undefined);
    const url = 'https://account.blob.core.windows.net';
    assert.equal(read({ AZURE_STORAGE_BLOB_URL: `${url}/` }), url);
  });

  for (const [env, problem] of [
    [{ AZURE_STORAGE_CONNECTION_STRING: 'AccountKey=a-secret' }, /is not used any more; expected DATABASE_URL/],
    [{ AZURE_STORAGE_BLOB_URL: 'http://127.0.0.1:10000/a-secret' }, /BLOB_URL is no https address/],
  ] as const) {
    it(`refuses ${Object.keys(env)}, and prints no secret`, () => {
      assert.throws(
        () => readConfig({ ...azure, ...env }),
        (error: Error) => problem.test(error.message) && !error.message.includes('a-secret'),
      );
    });
  }

  it('reads where files may be fetched from, and says what is no host', () => {
    const hosts = (list: string) => readConfig({ ...azure, ATTACHMENT_HOSTS: list }).attachmentHosts;
    assert.deepEqual(hosts('files.example.com, *.example.org'), [
      { host: 'files.example.com' },
      { host: '*.example.org' },
    ]);
    assert.throws(() => hosts('https://files.example.com/x'), /ATTACHMENT_HOSTS names .*expected hosts such as/);
  });

  it('refuses a proxy that is none, and does not quote it', () => {
    assert.equal(readConfig(azure).proxy, undefined);
    assert.equal(readConfig({ ...azure, HTTPS_PROXY: 'http://proxy.test:8080' }).proxy?.url, 'http://proxy.test:8080');
    for (const value of ['proxy.test', 'socks5://user:a-secret@proxy.test'])
      assert.throws(
        () => readConfig({ ...azure, HTTPS_PROXY: value }),
        (err: Error) =>
          /HTTPS_PROXY is not the address of an HTTP proxy/.test(err.message) && !err.message.includes(value),
      );
  });

  it('has every variable it reads in .env.example, and no other', () => {
    const topics = ['database', 'identity', 'limit', 'model', 'proxy', 'storage', 'telemetry'];
    const files = ['config.ts', ...topics.map((topic) => `${topic}-settings.ts`)];
    const source = files
      .map((file) => readFileSync(new URL(`../../src/config/${file}`, import.meta.url), 'utf8'))
      .join('');
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const readBySource = source.match(/'[A-Z][A-Z_]{3,}'/g)?.map((name) => name.slice(1, -1)) ?? [];
    const ofPlatform = ['WEBSITE_HOSTNAME', 'WEBSITE_SITE_NAME', 'NODE_ENV'];
    const ofNode = ['HTTPS_PROXY', 'HTTP_PROXY', 'NODE_EXTRA_CA_CERTS', 'NO_PROXY'];
    const former = ['AZURE_STORAGE_CONNECTION_STRING'];
    const others = [...ofPlatform, ...former];
    const expected = new Set([...ofNode, ...readBySource.filter((name) => !others.includes(name))]);
    const listed = new Set(example.match(/^(?:# )?[A-Z][A-Z_]{3,}(?==)/gm)?.map((line) => line.replace('# ', '')));
    assert.deepEqual([...listed].sort(), [...expected].sort());
  });
});
