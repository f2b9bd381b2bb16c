import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it, mock } from 'node:test';
import { ToBotFromBotOrEmulatorTokenValidationParameters } from 'botframework-connector';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { createLogger } from '../../src/log.ts';
import { watchedLog } from '../channel/watched-log.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { TEST_BUILD } from '../support/build.ts';
import { BOT_APP_ID, type OpenIdServer, startOpenIdServer, type TokenOptions } from '../support/openid-server.ts';
import { assertRefusal } from './raw-request.ts';

// botframework-connector prints the key of every forged token.
mock.method(console, 'error', () => {});

/** In seconds. Read in each test: the files of a process are loaded long before their tests run. */
const now = () => Math.floor(Date.now() / 1000);

describe('a bot with an app id', () => {
  let openId: OpenIdServer;
  let bot: BotUnderTest;
  let answers = 0;

  before(async () => {
    openId = await startOpenIdServer();
    const responder = () => ({ outputs: [{ text: `Answer ${++answers}` }], ending: { kind: 'completed' } as const });
    bot = await startBot({ env: openId.env, simulator: { responder } });
  });

  after(async () => {
    await bot.close();
    await openId.close();
  });

  function post(token: string | undefined, fields: Record<string, unknown> = {}): Promise<Response> {
    return bot.post(bot.message('hello', fields), token === undefined ? {} : { authorization: token });
  }

  function good(options?: TokenOptions): string {
    return `Bearer ${openId.token(bot.connector.url, options)}`;
  }

  it('answers a request with a valid token, and sends its own token to the channel', async () => {
    const response = await post(good(), { id: 'first' });
    assert.equal(response.status, 200);
    const sent = await bot.connector.when(({ path, body }) => path.endsWith('/first') && body.type === 'message');
    assert.equal(sent.body.text, 'Answer 1');
    assert.equal(sent.authorization, `Bearer ${openId.outboundToken}`);
  });

  it('tolerates a clock difference of a few minutes', async () => {
    assert.equal((await post(good({ claims: { exp: now() - 200 } }))).status, 200);
  });

  it('accepts a remote service URL that the token confirms', async () => {
    const serviceUrl = 'https://smba.example.com/teams/';
    const typing = { type: 'typing', serviceUrl };
    assert.equal((await post(`Bearer ${openId.token(serviceUrl)}`, typing)).status, 200);
  });

  const wrong: Record<string, () => string | undefined> = {
    'no header': () => undefined,
    'an empty header': () => '',
    'Bearer alone': () => 'Bearer',
    'Bearer and a space': () => 'Bearer ',
    'Bearer twice': () => `Bearer ${good()}`,
    'three words that are no token': () => 'Bearer x.y.z',
    'a token of nothing': () => 'Bearer ..',
    Basic: () => `Basic ${Buffer.from('user:password').toString('base64')}`,
    'another scheme': () => good().replace('Bearer', 'Token'),
    'the wrong audience': () => good({ claims: { aud: 'somebody-else' } }),
    'no audience': () => good({ claims: { aud: undefined } }),
    'the wrong issuer': () => good({ claims: { iss: 'https://attacker.example.com' } }),
    'no issuer': () => good({ claims: { iss: undefined } }),
    'a time that is over': () => good({ claims: { exp: now() - 400, nbf: now() - 4000 } }),
    'a time that has not come': () => good({ claims: { nbf: now() + 4000, exp: now() + 8000 } }),
    'a forged signature': () => good({ forged: true }),
    'a signature cut short': () => good().slice(0, -20),
    'no signature': () => good().replace(/[^.]+$/, ''),
    'changed claims': () => {
      const [head, , signature] = good().split('.');
      const claims = Buffer.from(
        JSON.stringify({ iss: 'https://issuer.example.com', aud: openId.appId, exp: now() + 600 }),
      );
      return `${head}.${claims.toString('base64url')}.${signature}`;
    },
    'an unknown key': () => good({ header: { kid: 'unknown-key' } }),
    'no key id': () => good({ header: { kid: undefined } }),
    'the algorithm "none"': () => good({ header: { alg: 'none' } }).replace(/[^.]+$/, ''),
    'the algorithm "none" and a signature': () => good({ header: { alg: 'none' } }),
    'the public key as a shared secret': () => {
      const text = good({ header: { alg: 'HS256' } }).replace(/^Bearer |\.[^.]+$/g, '');
      return `Bearer ${text}.${createHmac('sha256', openId.publicKey).update(text).digest('base64url')}`;
    },
    'another service URL': () => good({ claims: { serviceurl: 'http://127.0.0.1:1' } }),
    'no service URL': () => good({ claims: { serviceurl: undefined } }),
  };
  for (const [name, token] of Object.entries(wrong)) {
    it(`answers 401 to a token with ${name}, without internal details`, async () => {
      const asked = answers;
      const response = await post(token());
      assert.equal(response.status, 401);
      assertRefusal(await response.text(), 'unauthorized');
      assert.equal(answers, asked);
    });
  }

  it('answers 401 for a channel that the key does not endorse', async () => {
    assert.equal((await post(good(), { channelId: 'skype' })).status, 401);
  });

  for (const type of ['invoke', 'conversationUpdate', 'installationUpdate', 'event']) {
    it(`answers 401 to an ${type} without a token`, async () => {
      assert.equal((await post(undefined, { type, membersAdded: [{ id: 'bot-1' }], action: 'add' })).status, 401);
    });
  }

  it('answers 401 to expectReplies without a token', async () => {
    assert.equal((await post(undefined, { deliveryMode: 'expectReplies' })).status, 401);
  });

  it('stores nothing of rejected tokens', async () => {
    // botframework-connector permanently trusts every tenant id that it reads in an unverified token.
    const issuers = ToBotFromBotOrEmulatorTokenValidationParameters.issuer as string[];
    const before = issuers.length;
    for (const tid of ['made-up-1', 'made-up-2', 'made-up-3']) {
      assert.equal((await post(good({ forged: true, claims: { tid } }))).status, 401);
    }
    assert.equal(issuers.length, before);
  });

  it('sends no typing indicator, welcome or anything else to rejected callers', () => {
    const strangers = bot.connector.calls.filter(({ body }) => body?.type === 'message' && !/^Answer/.test(body.text));
    assert.deepEqual(strangers, []);
  });

  it('logs no token', () => {
    assert.doesNotMatch(JSON.stringify(bot.logs), /eyJ[\w-]{10}|outbound-token|app-password/);
  });

  it('still answers after all of these requests', async () => {
    assert.equal((await post(good(), { id: 'last' })).status, 200);
    await bot.connector.when(({ path, body }) => path.endsWith('/last') && body.type === 'message');
  });
});

describe('the Emulator', () => {
  /** A token that Entra ID issues for the bot's own id, which the Emulator uses. */
  function emulatorToken(openId: OpenIdServer, tid: string): string {
    const iss = `https://sts.windows.net/${tid}/`;
    return openId.token('', { claims: { iss, tid, ver: '1.0', appid: openId.appId, serviceurl: undefined } });
  }

  const TENANT = '00000000-0000-4000-8000-0000000000e1';

  it("is accepted with a token of the bot's own tenant, and of no other", async (t) => {
    const openId = await startOpenIdServer();
    t.after(() => openId[Symbol.asyncDispose]());
    const env = { ...openId.env, MicrosoftAppType: 'SingleTenant', MicrosoftAppTenantId: TENANT };
    const bot = await startBot({ env, turns: ['Hi'] });
    t.after(() => bot[Symbol.asyncDispose]());
    const post = (tid: string) =>
      bot.post(bot.message('hello'), { authorization: `Bearer ${emulatorToken(openId, tid)}` });

    assert.equal((await post('tenant-2')).status, 401);
    assert.equal((await post(TENANT)).status, 200);
    const [reply] = await bot.connector.whenMessages(1);
    assert.equal(reply?.body.text, 'Hi');
    assert.equal((await post('tenant-2')).status, 401);
  });
});

describe('a bot that gets no token for itself', () => {
  it('accepts the message, logs that the reply could not be sent, and keeps serving', async (t) => {
    const openId = await startOpenIdServer('00000000-0000-4000-8000-0000000000a0');
    t.after(() => openId[Symbol.asyncDispose]());
    // MSAL rejects an address without https before any request.
    const env = {
      ...openId.env,
      ToChannelFromBotLoginUrl: 'http://127.0.0.1:9/login',
      ToChannelFromBotOAuthScope: 'x',
    };
    const watched = watchedLog();
    const bot = await startBot({ env, turns: ['Lost'], deps: { log: watched.log } });
    t.after(() => bot[Symbol.asyncDispose]());

    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    assert.equal((await bot.post(bot.message('hello'), { authorization })).status, 200);
    const line = await watched.when(({ msg }) => msg === 'reply not sent');

    assert.equal(line['level'], 'error');
    assert.doesNotMatch(JSON.stringify(line), /app-password|hello|Lost/);
    assert.deepEqual(bot.connector.calls, []);
    assert.equal((await fetch(`${bot.url}/health`)).status, 200);
  });

  it("rejects every caller while the channel's keys are unavailable", async (t) => {
    const openId = await startOpenIdServer();
    const bot = await startBot({ env: openId.env });
    t.after(() => bot[Symbol.asyncDispose]());
    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    await openId.close();
    const response = await bot.post(bot.message('hello'), { authorization });
    assert.equal(response.status, 401);
    assertRefusal(await response.text(), 'unauthorized');
  });
});

const MODEL = {
  AZURE_OPENAI_ENDPOINT: 'https://resource.openai.azure.com',
  AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime',
  AZURE_OPENAI_API_KEY: 'a-secret-key',
  PORT: '0',
};
const IDENTITY = {
  MicrosoftAppId: BOT_APP_ID,
  MicrosoftAppPassword: 'a-secret-password',
  MicrosoftAppTenantId: '11111111-2222-4333-8444-555555555555',
  MicrosoftAppType: 'SingleTenant',
};
describe('an identity that botbuilder rejects', () => {
  const CERTIFICATE = { ...IDENTITY, MicrosoftAppPassword: '' };
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const cases: [string, Env, RegExp][] = [
    ['a single tenant without a password', { ...IDENTITY, MicrosoftAppPassword: '' }, /MicrosoftAppPassword/],
    ['an unknown channel service', { ...IDENTITY, ChannelService: 'https://nowhere.example.com' }, /ChannelService/],
    ['a certificate without its key', { ...CERTIFICATE, CertificateThumbprint: 'AB12' }, /CertificatePrivateKey/],
    ['a key without its certificate', { ...CERTIFICATE, CertificatePrivateKey: pem }, /CertificateThumbprint/],
  ];
  for (const [name, env, variable] of cases) {
    it(`is reported before anything starts: ${name}`, () => {
      const make = () =>
        createApp({ config: readConfig({ ...MODEL, ...env }), log: createLogger('silent'), build: TEST_BUILD });
      assert.throws(make, (error: Error) => {
        assert.match(error.message, variable);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });
  }

  for (const [name, env] of Object.entries<Env>({
    'a single tenant with a password': IDENTITY,
    'several tenants': { ...IDENTITY, MicrosoftAppType: 'MultiTenant', MicrosoftAppTenantId: '' },
    'a managed identity': { ...IDENTITY, MicrosoftAppType: 'UserAssignedMSI', MicrosoftAppPassword: '' },
    'the government cloud': { ...IDENTITY, ChannelService: 'https://botframework.azure.us' },
    'all four empty, as templates leave them': {
      MicrosoftAppId: '',
      MicrosoftAppPassword: '',
      MicrosoftAppTenantId: '',
      MicrosoftAppType: '',
    },
  })) {
    it(`is not ${name}`, () => {
      createApp({ config: readConfig({ ...MODEL, ...env }), log: createLogger('silent'), build: TEST_BUILD });
    });
  }
});
