import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { startBot } from '../support/bot.ts';
import { FastClock } from '../support/fast-clock.ts';

type Fields = Readonly<Record<string, unknown>>;

const TEAMS_BOT = { id: '28:8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90', name: 'Bot' };
const CHANNEL = {
  channelId: 'msteams',
  conversation: {
    id: '19:abc@thread.tacv2;messageid=1700000000000',
    conversationType: 'channel',
    isGroup: true,
    tenantId: '11111111-2222-4333-8444-555555555555',
  },
  from: { id: '29:user', name: 'Ada', aadObjectId: '99999999-2222-4333-8444-555555555555' },
  recipient: TEAMS_BOT,
  entities: [],
};
const SLACK = {
  channelId: 'slack',
  conversation: { isGroup: true, id: 'B1:T1:C1' },
  from: { id: 'U1:T1', name: 'ada' },
  recipient: { id: 'B1:T1', name: 'bot' },
  entities: [],
};
const TELEGRAM_BOT = { id: 'my_voice_bot', name: 'my_voice_bot' };
const TELEGRAM = {
  channelId: 'telegram',
  conversation: { id: '-1234', isGroup: true },
  from: { id: '1234', name: 'Ada' },
  recipient: TELEGRAM_BOT,
  // The Bot Connector service adds this field to every message.
  entities: [{ type: 'mention', mentioned: TELEGRAM_BOT }],
};
const replyTo = (username: string) => ({
  channelData: { message: { text: 'why?', reply_to_message: { text: 'Because.', from: { is_bot: true, username } } } },
});

const mention = (mentioned: Fields, text?: string) => ({ type: 'mention', text, mentioned });
const AT_BOT = { entities: [mention(TEAMS_BOT, '<at>Bot</at>')] };

/** Each channel with a message that addresses the bot. */
const GROUPS: Readonly<
  Record<
    string,
    { fields: Fields; addressed: readonly [string, Fields]; silent: readonly (readonly [string, Fields])[] }
  >
> = {
  'group without a mention: Slack': {
    fields: SLACK,
    addressed: ['<@B1> hello', { entities: [mention(SLACK.recipient, '<@B1>')] }],
    silent: [
      ['lunch at 12?', {}],
      ['<@U2> lunch at 12?', { entities: [mention({ id: 'U2:T1', name: 'bob' }, '<@U2>')] }],
      ['/lunch at 12?', {}],
      ['/forget', {}],
      ['/help', {}],
      ['the bot said 12', { entities: undefined }],
    ],
  },
  'group without a mention: Teams channel (an app with RSC consent)': {
    fields: CHANNEL,
    addressed: ['<at>Bot</at> hello', AT_BOT],
    silent: [
      ['lunch at 12?', {}],
      ['lunch at 12?', { attachments: [{ contentType: 'image/png', contentUrl: 'https://example.com/a.png' }] }],
      ['<at>Bot</at> lunch?', { entities: [mention({ id: '29:bot', name: 'Bot' }, '<at>Bot</at>')] }],
      ['lunch?', { entities: [{ type: 'mention' }], recipient: { name: 'Bot' } }],
      ['/forget', {}],
      ['/stop', {}],
      ['<at>Polly</at> /forget', { entities: [mention({ id: '28:polly', name: 'Polly' }, '<at>Polly</at>')] }],
      ['lunch at 12?', { value: '' }],
      ['lunch at 12?', { value: {} }],
      ['lunch at 12?', { value: [] }],
      ['lunch at 12?', { value: null }],
    ],
  },
  'group without a mention: Teams group chat': {
    fields: { ...CHANNEL, conversation: { id: '19:abc@thread.v2', conversationType: 'groupChat', isGroup: true } },
    addressed: ['hello <at>Bot</at>', AT_BOT],
    silent: [['lunch at 12?', {}]],
  },
  'Telegram group': {
    fields: TELEGRAM,
    addressed: ['@My_Voice_Bot hello', {}],
    silent: [
      ['lunch at 12?', {}],
      ['my_voice_bot said 12', {}],
      ['@my_voice_bot2 lunch?', {}],
      ['/help@other_bot', {}],
      ['/lunch', {}],
      ['why?', replyTo('other_bot')],
      ['why?', { channelData: { message: { reply_to_message: null } } }],
    ],
  },
};

describe('a bot in a group', () => {
  for (const [name, { fields, addressed, silent }] of Object.entries(GROUPS)) {
    it(`${name}: ignores a message without a mention and answers one with it`, async (t) => {
      const bot = await startBot({ turns: ['Answer'], env: { MAX_TURNS_PER_MINUTE: '1' } });
      t.after(() => bot[Symbol.asyncDispose]());
      for (const [text, more] of silent) assert.equal((await bot.says(text, { ...fields, ...more })).status, 200, text);
      const [text, more] = addressed;
      await bot.says(text, { ...fields, ...more });
      await bot.close();
      assert.deepEqual(
        bot.connector.messages.map(({ body }) => String(body.text).split('\n')[0]),
        ['Answer'],
      );
      const [asked] = bot.script.contexts;
      assert.equal(asked?.text, 'hello');
      assert.deepEqual(asked?.history, []);
    });
  }

  it('greets the group even after a message that did not address it', async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('lunch at 12?', SLACK);
    await bot.post(bot.message(undefined, { ...SLACK, type: 'conversationUpdate', membersAdded: [SLACK.recipient] }));
    assert.equal((await bot.connector.whenMessages(1))[0]?.body.text, en.welcomeGroup);
  });

  const addressed = [
    ['its name', 'hello @my_voice_bot', TELEGRAM, 'hello'],
    ['a reply to the bot', 'why?', { ...TELEGRAM, ...replyTo('My_Voice_Bot') }, 'why?'],
    ['a mention without a text', 'hello', { ...SLACK, entities: [mention(SLACK.recipient)] }, 'hello'],
    ['its name in Teams', '@Bot hello', CHANNEL, 'hello'],
    ['any message from a client without mentions', 'hello', { ...SLACK, channelId: 'directline' }, 'hello'],
    ['any message from a client that names the bot', 'am I @bot?', { ...SLACK, channelId: 'directline' }, 'am I @bot?'],
    ['any message in a personal chat', 'hello', { ...SLACK, conversation: { id: 'd', isGroup: false } }, 'hello'],
  ] as const;
  it(`is addressed by ${addressed.map(([name]) => name).join('; by ')}`, async (t) => {
    const bot = await startBot({ turns: addressed.map(() => 'Answer'), deps: { clock: new FastClock() } });
    t.after(() => bot[Symbol.asyncDispose]());
    for (const [index, [name, text, fields, asked]] of addressed.entries()) {
      await bot.says(text, { ...fields, conversation: { ...fields.conversation, id: name } });
      await bot.connector.whenMessages(index + 1);
      assert.equal(bot.script.contexts[index]?.text, asked, name);
    }
  });

  const commands = [
    ['a command for this bot', '/help@my_voice_bot', TELEGRAM],
    ['a command for this bot in capitals', '/HELP@My_Voice_Bot', TELEGRAM],
    ['a command without a name', '/help', TELEGRAM],
    ['a command in a personal chat', '/help@my_voice_bot', { ...TELEGRAM, conversation: { id: '1', isGroup: false } }],
    ['a command after its name in Teams', '@Bot /help', CHANNEL],
    ['a command in a reply to the bot', '/help', { ...TELEGRAM, ...replyTo('my_voice_bot') }],
    ['a command after a mention and an invisible character', '<at>Bot</at>\u200b /help', { ...CHANNEL, ...AT_BOT }],
  ] as const;
  it(`runs ${commands.map(([name]) => name).join('; ')}`, async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    for (const [index, [name, text, fields]] of commands.entries()) {
      await bot.says(text, { ...fields, conversation: { ...fields.conversation, id: name } });
      const replies = await bot.connector.whenMessages(index + 1);
      assert.match(replies[index]?.body.text, /^- \/help: /, name);
    }
  });

  it('greets on /start', async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('/start', { ...TELEGRAM, conversation: { id: '1234', isGroup: false } });
    assert.equal((await bot.connector.whenMessages(1))[0]?.body.text, en.welcome);
  });

  it('treats a click on a card as a message to the bot', async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.post(bot.message(undefined, { ...CHANNEL, value: { command: 'voice', choice: 'marin' } }));
    assert.match((await bot.connector.whenMessages(1))[0]?.body.text, /marin/);
  });
});
