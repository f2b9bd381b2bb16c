import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import type { ConnectorRule } from '../support/fake-connector.ts';
import { FastClock } from '../support/fast-clock.ts';
import { startOpenIdServer } from '../support/openid-server.ts';
import { watchedLog } from './watched-log.ts';

const SECOND = 48_000;
const ending = { kind: 'completed' } as const;
const spoken = (text: string, seconds: number) => ({
  outputs: [{ text, pcm: new Uint8Array(seconds * SECOND) }],
  ending,
});
const error = (code: string, message: string) => ({ status: 400, body: { error: { code, message } } });

/** A bot with an app id has no address for audio unless one is set. */
async function authenticated(t: TestContext, turn: ReturnType<typeof spoken>, env = {}) {
  const openId = await startOpenIdServer();
  const bot = await startBot({ env: { ...openId.env, ...env }, turns: [turn], deps: { clock: new FastClock() } });
  t.after(async () => {
    await bot[Symbol.asyncDispose]();
    await openId[Symbol.asyncDispose]();
  });
  return { bot, authorization: (serviceUrl: string) => `Bearer ${openId.token(serviceUrl)}` };
}

/** Parses Markdown like Telegram: an unpaired mark is an error. */
const telegram: ConnectorRule = ({ body }) => {
  const isOdd = String(body.text).split('_').length % 2 === 0;
  const isRefused = body.type === 'message' && body.textFormat !== 'plain' && isOdd;
  return isRefused ? error('BadRequest', "Bad Request: can't parse entities: can't find end of the entity") : undefined;
};

describe('Markdown that a channel rejects', { timeout: 30_000 }, () => {
  const start = async (t: TestContext, options: BotUnderTestOptions) => {
    const bot = await startBot({ deps: { clock: new FastClock() }, ...options });
    t.after(() => bot[Symbol.asyncDispose]());
    return bot;
  };
  const posted = (bot: BotUnderTest) => bot.connector.calls.filter(({ body }) => body.type === 'message').length;

  it('is sent again as plain text after an unpaired mark', async (t) => {
    const bot = await start(t, { turns: [{ outputs: [{ text: 'use my_var here' }], ending }] });
    bot.connector.rule = telegram;
    await bot.says('/audio off', { channelId: 'telegram' });
    await bot.says('hello', { channelId: 'telegram' });
    const [, reply] = await bot.connector.whenMessages(2);
    assert.match(reply?.body.text, /^use my_var here/);
    assert.deepEqual([reply?.body.textFormat, reply?.body.replyToId], ['plain', 'activity-2']);
    assert.equal(posted(bot), 3);
  });

  it('stays Markdown on a channel that accepts it', async (t) => {
    const bot = await start(t, { turns: [{ outputs: [{ text: 'use _this_ here' }], ending }] });
    bot.connector.rule = telegram;
    await bot.says('/audio off', { channelId: 'telegram' });
    await bot.says('hello', { channelId: 'telegram' });
    const [, reply] = await bot.connector.whenMessages(2);
    assert.equal(reply?.body.textFormat, 'markdown');
  });

  it('is sent as plain text without its audio if the channel accepts neither', async (t) => {
    const bot = await start(t, { turns: ['use my_var here'] });
    bot.connector.rule = (call, response) =>
      call.body.attachments === undefined ? telegram(call, response) : error('BadArgument', 'no');
    await bot.says('hello');
    const [reply] = await bot.connector.whenMessages(1);
    assert.deepEqual([reply?.body.text, reply?.body.textFormat], ['use my_var here', 'plain']);
    assert.equal(posted(bot), 3);
  });

  it('is retried in each part of a long text, and no part is sent twice', async (t) => {
    const paragraph = `my_var ${'is a name '.repeat(200)}`.trim();
    const bot = await start(t, {
      turns: [
        { outputs: [{ text: `${paragraph}\n\n${paragraph}\n\n${paragraph}`, pcm: new Uint8Array(SECOND) }], ending },
      ],
    });
    bot.connector.rule = telegram;
    await bot.says('hello', { channelId: 'telegram' });
    const parts = await bot.connector.whenMessages(3);
    assert.deepEqual(
      parts.map(({ body }) => body.text.slice(0, paragraph.length)),
      [paragraph, paragraph, paragraph],
    );
  });

  it('is not sent for a third time', async (t) => {
    const watched = watchedLog();
    const bot = await start(t, { turns: ['my_var'], deps: { log: watched.log } });
    bot.connector.rule = () => error('BadRequest', 'never');
    await bot.says('hello', { channelId: 'telegram' });
    await watched.when(({ msg }) => msg === 'reply not sent');
    assert.equal(posted(bot), 2);
    assert.doesNotMatch(JSON.stringify(watched.lines.map(({ msg }) => msg)), /my_var/);
  });
});

describe('the upload limit', { timeout: 30_000 }, () => {
  const LIMIT = 262_144;

  async function ask(t: TestContext, seconds: number, fields = {}, rule?: ConnectorRule) {
    const { bot, authorization } = await authenticated(t, spoken('Six seconds', seconds));
    const uploads: number[] = [];
    bot.connector.rule = (call, response) => {
      if (!call.path.endsWith('/attachments')) return undefined;
      const bytes = JSON.stringify(call.body).length;
      uploads.push(bytes);
      if (rule !== undefined) return rule(call, response);
      return bytes > LIMIT ? error('MessageSizeTooBig', 'the message is too big') : undefined;
    };
    const headers = { authorization: authorization(bot.connector.url) };
    await bot.post(bot.message('hello', { channelId: 'directline', ...fields }), headers);
    const [reply] = await bot.connector.whenMessages(1);
    return { reply: reply?.body, uploads };
  }

  for (const channelId of ['directline', 'webchat']) {
    it(`excludes six seconds of speech, and a sentence says so (${channelId})`, async (t) => {
      const { reply, uploads } = await ask(t, 6, { channelId });
      assert.equal(reply.text, `Six seconds\n\n${en.audio.notDelivered}`);
      assert.deepEqual([reply.attachments, uploads], [undefined, []]);
    });

    it(`allows four seconds of speech (${channelId})`, async (t) => {
      const { reply, uploads } = await ask(t, 4, { channelId });
      assert.equal(reply.text, 'Six seconds');
      assert.equal(reply.attachments.length, 1);
      assert.ok(uploads.length === 1 && (uploads[0] ?? 0) > 255_000 && (uploads[0] ?? 0) <= LIMIT, String(uploads));
    });
  }

  it('is explained by a sentence even if the channel rejects a smaller upload', async (t) => {
    for (const refusal of [error('MessageSizeTooBig', 'too big'), { status: 404 }]) {
      const { reply, uploads } = await ask(t, 4, { locale: 'en-GB' }, () => refusal);
      assert.equal(reply.text, `Six seconds\n\n${en.audio.notDelivered}`);
      assert.deepEqual([reply.attachments, uploads.length], [undefined, 1]);
    }
  });

  it('does not apply to the Emulator', async (t) => {
    const { reply } = await ask(t, 60, { channelId: 'emulator' });
    assert.equal(reply.text, 'Six seconds');
    assert.equal(reply.attachments.length, 1);
  });
});

describe('the card of a reply in a cloud of Teams', { timeout: 30_000 }, () => {
  const clouds: readonly (readonly [string, boolean])[] = [
    ['https://smba.trafficmanager.net/emea/', true],
    ['https://smba.infra.gcc.teams.microsoft.com/gcc/', true],
    ['https://smba.infra.gov.teams.microsoft.us/gov/', false],
    ['https://smba.infra.dod.teams.microsoft.us/dod/', false],
    ['https://frontend.botapi.msg.teams.microsoftonline.cn/', false],
  ];
  for (const [serviceUrl, isOffered] of clouds) {
    it(`has "Play", and ${isOffered ? '"Save .wav", too' : 'not "Save .wav"'}, at ${serviceUrl}`, async (t) => {
      const { bot, authorization } = await authenticated(t, spoken('Hi', 1), {
        PUBLIC_BASE_URL: 'https://bot.example.com',
      });
      const message = bot.message('hello', { channelId: 'msteams', serviceUrl, deliveryMode: 'expectReplies' });
      const response = await bot.post(message, { authorization: authorization(serviceUrl) });
      const { activities } = (await response.json()) as { activities: { attachments?: { content: unknown }[] }[] };
      const card = JSON.stringify(activities.at(-1)?.attachments);
      assert.match(card, /task\/fetch/);
      assert.equal(card.includes(en.card.save), isOffered);
    });
  }
});
