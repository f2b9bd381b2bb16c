import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BotUnderTest, type BotUnderTestOptions, samplesOf, startBot } from '../support/bot.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';
import { FastClock } from '../support/fast-clock.ts';
import { startOpenIdServer } from '../support/openid-server.ts';

const TEXT = 'Hi **there**';
const SHORT = 96_000;

function spoken(bytes = SHORT) {
  const pcm = Buffer.alloc(bytes, 'a sound of its own');
  return { outputs: [{ text: TEXT, pcm }], ending: { kind: 'completed' } as const };
}

async function replyTo(bot: BotUnderTest, fields: Record<string, unknown>): Promise<ConnectorCall> {
  await bot.says('hello', fields);
  const [reply] = await bot.connector.whenMessages(1);
  assert.ok(reply);
  return reply;
}

/** The first reply of a bot on this machine. */
async function firstReply(channelId: string, options: BotUnderTestOptions = {}, look = async (_: ConnectorCall) => {}) {
  const bot = await startBot({ turns: [spoken()], deps: { clock: new FastClock() }, ...options });
  try {
    const reply = await replyTo(bot, { channelId });
    await look(reply);
    assert.equal(bot.connector.messages.length, 1);
    return reply.body;
  } finally {
    await bot[Symbol.asyncDispose]();
  }
}

async function assertIsTheSound(response: Response): Promise<void> {
  assert.equal(response.status, 200);
  const samples = samplesOf(new Uint8Array(await response.arrayBuffer()));
  assert.ok(samples.equals(Buffer.alloc(SHORT, 'a sound of its own')));
}

describe('a reply on the wire, with an address that the user can reach', () => {
  for (const channel of ['emulator', 'directline', 'webchat']) {
    it(`is a text and a WAV for ${channel}`, async () => {
      const body = await firstReply(channel, {}, async ({ body }) => {
        await assertIsTheSound(await fetch(body.attachments[0].contentUrl));
      });
      assert.equal(body.text, TEXT);
      assert.equal(body.textFormat, 'markdown');
      assert.equal(body.attachments.length, 1);
      assert.equal(body.attachments[0].contentType, 'audio/wav');
    });

    it(`is a text and an AudioCard for ${channel} if that is set`, async (t) => {
      const bot = await startBot({ turns: [spoken()], env: { WEBCHAT_AUDIO: 'card' } });
      t.after(() => bot.close());
      await bot.says('hello', { channelId: channel });
      // A streamed text has its card after it; see reply-sender.ts.
      const replies = await bot.connector.whenMessages(channel === 'emulator' ? 1 : 2);
      assert.equal(replies[0]?.body.text, TEXT);
      const [card] = replies.at(-1)?.body.attachments ?? [];
      assert.equal(card.contentType, 'application/vnd.microsoft.card.audio');
      await assertIsTheSound(await fetch(card.content.media[0].url));
    });
  }

  for (const channel of ['slack', 'telegram', 'unheard-of', '__proto__']) {
    it(`is a text with a link below it for ${channel}, and no attachment`, async () => {
      const body = await firstReply(channel, {}, async ({ body }) => {
        const [, url = ''] = /\[Listen \(0:02\)\]\((.*)\)$/.exec(body.text) ?? [];
        await assertIsTheSound(await fetch(`${url}.wav`));
      });
      assert.equal(body.attachments, undefined);
      assert.ok(body.text.startsWith(`${TEXT}\n\n[Listen`), body.text);
    });
  }

  it('is a text for speech synthesis on directlinespeech, and nothing else', async () => {
    const body = await firstReply('directlinespeech');
    assert.equal(body.text, TEXT);
    assert.equal(body.speak, TEXT);
    assert.equal(body.attachments, undefined);
  });

  it('contains the configured public address', async () => {
    const env = { PUBLIC_BASE_URL: 'https://bot.example.com/voice/' };
    const body = await firstReply('webchat', { env });
    assert.match(
      body.attachments[0].contentUrl,
      /^https:\/\/bot\.example\.com\/voice\/audio\/[\w-]{22}\.\w+\.[\w-]{22}\.wav$/,
    );
  });

  it('has no attachment and no link if there is no audio', async () => {
    const text = { outputs: [{ text: TEXT, modality: 'text' as const }], ending: { kind: 'completed' } as const };
    for (const channel of ['webchat', 'msteams']) {
      const body = await firstReply(channel, { turns: [text] });
      assert.equal(body.text, TEXT);
      assert.equal(body.attachments, undefined);
    }
  });
});

describe('a reply on the wire, without such an address', () => {
  /** A bot with an app id has no address unless one is set. */
  async function authenticated(
    channelId: string,
    bytes: number,
    look: (bot: BotUnderTest, reply: ConnectorCall) => Promise<void> | void,
    prepare: (bot: BotUnderTest) => void = () => {},
  ): Promise<void> {
    const openId = await startOpenIdServer();
    try {
      const bot = await startBot({ env: openId.env, turns: [spoken(bytes)], deps: { clock: new FastClock() } });
      try {
        prepare(bot);
        const authorization = `Bearer ${openId.token(bot.connector.url)}`;
        assert.equal((await bot.post(bot.message('hello', { channelId }), { authorization })).status, 200);
        const [reply] = await bot.connector.whenMessages(1);
        assert.ok(reply);
        assert.ok(reply.body.text.startsWith(TEXT));
        await look(bot, reply);
        assert.equal(bot.connector.messages.length, 1);
      } finally {
        await bot[Symbol.asyncDispose]();
      }
    } finally {
      await openId[Symbol.asyncDispose]();
    }
  }

  it('contains the whole WAV for the Emulator', () =>
    authenticated('emulator', SHORT, async (_, { body }) => {
      assert.match(body.attachments[0].contentUrl, /^data:audio\/wav;base64,/);
      await assertIsTheSound(await fetch(body.attachments[0].contentUrl));
    }));

  it('contains a WAV that is small enough for Web Chat', () =>
    authenticated('webchat', SHORT, async (bot, { body }) => {
      await assertIsTheSound(await fetch(body.attachments[0].contentUrl));
      assert.ok(JSON.stringify(body).length < 150_000);
      assert.deepEqual(
        bot.connector.calls.filter(({ path }) => path.endsWith('/attachments')),
        [],
      );
    }));

  it('links to an upload when the WAV is larger', () =>
    authenticated('directline', 190_000, (bot, { body }) => {
      const upload = bot.connector.calls.find(({ path }) => path.endsWith('/attachments'));
      assert.equal(upload?.path, '/v3/conversations/conversation-1/attachments');
      assert.equal(upload?.body.type, 'audio/wav');
      assert.equal(Buffer.from(upload?.body.originalBase64, 'base64').length, 44 + 190_000);
      assert.equal(body.attachments[0].contentType, 'audio/wav');
      assert.match(
        body.attachments[0].contentUrl,
        new RegExp(`^${bot.connector.url}/v3/attachments/sent-\\d+/views/original$`),
      );
    }));

  for (const [name, answer] of [
    ['is refused', { status: 413, body: { error: { code: 'TooLarge', message: 'no' } } }],
    ['gives no id', { status: 200, body: {} }],
  ] as const) {
    it(`is the text alone when the upload ${name}`, () =>
      authenticated(
        'webchat',
        190_000,
        (_, { body }) => assert.equal(body.attachments, undefined),
        ({ connector }) => {
          connector.rule = ({ path }) => (path.endsWith('/attachments') ? answer : undefined);
        },
      ));
  }

  it('is the text alone when the WAV is too large for an upload', () =>
    authenticated('webchat', 200_000, (bot, { body }) => {
      assert.equal(body.attachments, undefined);
      assert.ok(bot.connector.calls.every(({ path }) => !path.endsWith('/attachments')));
    }));

  for (const channel of ['msteams', 'slack']) {
    it(`is the text alone for ${channel}`, () =>
      authenticated(channel, SHORT, (_, { body }) => {
        assert.equal(body.text, TEXT);
        assert.equal(body.attachments, undefined);
      }));
  }
});

describe('the address of a reply', () => {
  it('names the answered message, its conversation, the bot and the user', async (t) => {
    const bot = await startBot({ turns: ['Hi'], deps: { clock: new FastClock() } });
    t.after(() => bot[Symbol.asyncDispose]());
    const conversation = { id: '19:abc@thread.tacv2;messageid=1/2', conversationType: 'channel', tenantId: 'tenant-1' };
    const { path, body } = await replyTo(bot, {
      id: 'id/with slash',
      channelId: 'msteams',
      conversation,
      locale: 'de-DE',
    });
    assert.equal(
      path,
      `/v3/conversations/${encodeURIComponent(conversation.id)}/activities/${encodeURIComponent('id/with slash')}`,
    );
    assert.equal(body.type, 'message');
    assert.equal(body.replyToId, 'id/with slash');
    assert.equal(body.channelId, 'msteams');
    assert.deepEqual(body.from, { id: 'bot-1', name: 'Bot' });
    assert.deepEqual(body.recipient, { id: 'user-1', name: 'Ada' });
    assert.equal(body.conversation.id, conversation.id);
    assert.equal(body.conversation.tenantId, 'tenant-1');
  });

  it('is the service URL of this message, with or without a slash at its end', async (t) => {
    const bot = await startBot({ turns: ['One', 'Two'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('hello', { id: 'a', serviceUrl: `${bot.connector.url}/` });
    await bot.connector.whenMessages(1);
    await bot.says('hello', { id: 'b', serviceUrl: `${bot.connector.url}/moved/` });
    await bot.connector.whenMessages(2);
    assert.deepEqual(
      bot.connector.messages.map(({ path }) => path),
      ['/v3/conversations/conversation-1/activities/a', '/moved/v3/conversations/conversation-1/activities/b'],
    );
  });

  it('needs no recipient in the message', async (t) => {
    const bot = await startBot({ turns: ['Hi'], deps: { clock: new FastClock() } });
    t.after(() => bot[Symbol.asyncDispose]());
    const { body } = await replyTo(bot, { recipient: undefined });
    assert.equal(body.text, 'Hi');
  });
});
