import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import type { Env } from '../../src/config/env.ts';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { FastClock } from '../support/fast-clock.ts';
import { startOpenIdServer } from '../support/openid-server.ts';

type Fields = Readonly<Record<string, unknown>>;

const TENANT = '11111111-2222-4333-8444-555555555555';
const OTHER_TENANT = '22222222-2222-4333-8444-555555555555';
const ADA = '99999999-2222-4333-8444-555555555555';
const TENANTS = { ALLOWED_TENANTS: `33333333-2222-4333-8444-555555555555, ${TENANT}` };
const USERS = { ALLOWED_USERS: `${ADA}, user-1, dl_user-1` };
const ENHANCED = { DIRECT_LINE_ENHANCED_AUTHENTICATION: 'true' };

/** The fields that identify an allowed user of an allowed tenant. */
const claims = (channelId: string, id = 'user-1') => ({
  channelId,
  conversation: { id: 'conversation-1', tenantId: TENANT },
  from: { id, name: 'Ada', aadObjectId: ADA },
  channelData: { tenant: { id: TENANT } },
});
const TEAMS = claims('msteams');

const responder = () => ({ outputs: [{ text: 'Hi' }], ending: { kind: 'completed' } as const });

async function started(t: TestContext, env: Env, hasAppId = true): Promise<BotUnderTest> {
  const bot = await startBot({ hasAppId, env, simulator: { responder }, deps: { clock: new FastClock() } });
  t.after(() => bot.close());
  return bot;
}

const shared = new Map<string, Promise<BotUnderTest>>();

/** One bot with these settings for all messages. */
function sharedWith(env: Env): Promise<BotUnderTest> {
  const key = JSON.stringify(env);
  const bot =
    shared.get(key) ?? startBot({ hasAppId: true, env, simulator: { responder }, deps: { clock: new FastClock() } });
  shared.set(key, bot);
  return bot;
}

after(async () => {
  for (const bot of shared.values()) await (await bot).close();
});

/** Sends "hello" and resolves with the bot's reply. */
async function answerTo(bot: BotUnderTest, fields: Fields, headers?: Record<string, string>): Promise<string> {
  const message = bot.message('hello', fields);
  assert.equal((await bot.post(message, headers)).status, 200);
  const isAnswer = ({ path, body }: BotUnderTest['connector']['calls'][number]) =>
    path.endsWith(`/${message['id']}`) && body.type === 'message';
  return (await bot.connector.when(isAnswer)).body.text;
}

describe('a bot with an allow list', () => {
  const answered: [string, Env, Fields][] = [
    ['a listed tenant in Teams', TENANTS, TEAMS],
    ['a listed user of a listed tenant in Teams', { ...TENANTS, ...USERS }, TEAMS],
    ['a listed user in Slack', USERS, claims('slack')],
    ['a user of a token in Web Chat', { ...USERS, ...ENHANCED }, claims('webchat', 'dl_user-1')],
    ['a user of a token in Direct Line', { ...USERS, ...ENHANCED }, claims('directline', 'dl_user-1')],
  ];
  for (const [name, env, fields] of answered) {
    it(`answers ${name}`, async () => assert.equal(await answerTo(await sharedWith(env), fields), 'Hi'));
  }

  const refused: [string, Env, Fields][] = [
    ['another user', USERS, { ...TEAMS, from: { id: 'user-2', aadObjectId: 'aad-2' } }],
    ['another tenant', TENANTS, { ...TEAMS, conversation: { id: 'c', tenantId: OTHER_TENANT }, channelData: {} }],
    ['no tenant', TENANTS, { ...TEAMS, conversation: { id: 'c' }, channelData: {} }],
    [
      'two tenants that disagree, the listed one in the channel data',
      TENANTS,
      { ...TEAMS, conversation: { id: 'c', tenantId: OTHER_TENANT } },
    ],
    [
      'two tenants that disagree, the listed one in the conversation',
      TENANTS,
      { ...TEAMS, channelData: { tenant: { id: OTHER_TENANT } } },
    ],
    ['an anonymous guest of a meeting', TENANTS, { ...TEAMS, from: { id: 'user-1', name: 'Ada (Guest)' } }],
    ['a tenant in Direct Line, which its client claims', TENANTS, claims('directline')],
    ['a tenant in Web Chat, with a user of a token', { ...TENANTS, ...ENHANCED }, claims('webchat', 'dl_user-1')],
    ['a tenant in Slack, which has none', TENANTS, claims('slack')],
    ['a user in Direct Line, whom its client claims to be', { ...USERS, ...ENHANCED }, claims('directline')],
    ['a user dl_… in Web Chat without enhanced authentication', USERS, claims('webchat', 'dl_user-1')],
    ['an id of Entra ID in Web Chat, which its client claims', { ...USERS, ...ENHANCED }, claims('webchat', 'dl_x')],
    ['an id of Entra ID in Slack, which has none', USERS, claims('slack', 'user-2')],
    ['the Emulator', USERS, claims('emulator')],
  ];
  for (const [name, env, fields] of refused) {
    it(`refuses politely, without asking the model: ${name}`, async () => {
      const bot = await sharedWith(env);
      const before = bot.events.length;
      assert.equal(await answerTo(bot, fields), en.notAllowed);
      assert.equal(bot.events.length, before);
    });
  }

  for (const channelId of ['emulator', 'msteams', 'slack']) {
    it(`refuses everybody if no identity is verified: no app id, ${channelId}`, async (t) => {
      const bot = await started(t, USERS, false);
      assert.equal(await answerTo(bot, claims(channelId)), en.notAllowed);
    });
  }

  it("refuses a sender who uses the bot's own secret in the name of Teams, as the Emulator does", async (t) => {
    const openId = await startOpenIdServer();
    t.after(() => openId.close());
    const env = { MicrosoftAppType: 'SingleTenant', MicrosoftAppTenantId: TENANT };
    const bot = await started(t, { ...openId.env, ...env, ...TENANTS }, false);
    const iss = `https://sts.windows.net/${TENANT}/`;
    const token = openId.token('', { claims: { iss, tid: TENANT, ver: '1.0', appid: openId.appId } });
    assert.equal(await answerTo(bot, TEAMS, { authorization: `Bearer ${token}` }), en.notAllowed);
  });

  it('answers everybody if no list is set', async (t) => {
    for (const hasAppId of [true, false]) {
      const bot = await started(t, {}, hasAppId);
      for (const channelId of ['msteams', 'webchat', 'emulator'])
        assert.equal(await answerTo(bot, claims(channelId)), 'Hi');
    }
  });

  const unwelcome: [string, Env, Fields][] = [
    ['a tenant that it would not answer', { ALLOWED_TENANTS: OTHER_TENANT }, TEAMS],
    ['a web chat that claims a tenant', TENANTS, claims('webchat')],
    ['a web chat where users are listed', USERS, claims('webchat')],
  ];
  for (const [name, env, fields] of unwelcome) {
    it(`does not welcome ${name}`, async (t) => {
      const bot = await started(t, env);
      await bot.post(
        bot.message(undefined, { type: 'conversationUpdate', membersAdded: [{ id: 'bot-1' }], ...fields }),
      );
      assert.equal(await answerTo(bot, fields), en.notAllowed);
      assert.equal(bot.connector.messages.length, 1);
    });
  }

  it('welcomes a chat of an allowed tenant', async (t) => {
    const bot = await started(t, { ...TENANTS, ...USERS });
    const added = { type: 'installationUpdate', action: 'add', ...TEAMS, from: { id: 'user-2' } };
    await bot.post(bot.message(undefined, added));
    const [welcome] = await bot.connector.whenMessages(1);
    assert.equal(welcome?.body.text, en.welcome);
  });
});
