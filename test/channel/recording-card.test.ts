import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { de } from '../../src/messages/de.ts';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import { FastClock } from '../support/fast-clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startOpenIdServer } from '../support/openid-server.ts';
import { uploadRecording } from '../support/recording-link.ts';

type Fields = Readonly<Record<string, unknown>>;

const PERSONAL = { channelId: 'msteams', conversation: { id: 'a:1', conversationType: 'personal' } };
const GROUP = { channelId: 'msteams', conversation: { id: 'group-1', conversationType: 'groupChat', isGroup: true } };
const thread = (id: string) => ({
  channelId: 'msteams',
  conversation: { id, conversationType: 'channel', isGroup: true },
});
const MINUTE_MS = 60_000;

async function started(t: TestContext, options: BotUnderTestOptions = {}) {
  const bot = await startBot({ deps: { clock: new FastClock() }, ...options });
  t.after(() => bot.close());
  return { bot };
}

/** Sends a text and resolves with the bot's reply. */
async function ask(bot: BotUnderTest, text: string | undefined, fields: Fields) {
  const before = bot.connector.messages.length;
  await bot.post(bot.message(text, fields));
  const reply = (await bot.connector.whenMessages(before + 1))[before];
  return reply?.body;
}

/** The buttons on an invitation card. */
async function buttonsOf(bot: BotUnderTest, fields: Fields): Promise<Record<string, unknown>[]> {
  return (await ask(bot, '/talk', fields)).attachments[0].content.actions;
}

/** What the client gets when the first button is pressed. */
async function press(bot: BotUnderTest, [button]: readonly Record<string, unknown>[], fields: Fields) {
  const value = { data: button?.['data'], context: { theme: 'dark' } };
  const response = await bot.post(bot.message(undefined, { type: 'invoke', name: 'task/fetch', value, ...fields }));
  assert.equal(response.status, 200);
  const { task } = (await response.json()) as { task: { type: string; value: Record<string, string> & string } };
  return task;
}

/** The activity for a recording made in Teams. */
const TEAMS_CLIP = {
  contentType: 'application/vnd.microsoft.card.audio',
  content: '{"duration":"PT13S","media":[{"url":"https://eu-api.asm.skype.com/v1/objects/0/views/audio"}]}',
};

describe('/talk in Teams', () => {
  for (const [scope, fields] of Object.entries({
    personal: PERSONAL,
    group: GROUP,
    channel: thread('19:a;messageid=1'),
  })) {
    it(`replies with a card whose button opens the page in a dialog (${scope})`, async (t) => {
      const { bot } = await started(t, { turns: ['Heard'] });
      const buttons = await buttonsOf(bot, fields);
      assert.equal(buttons[0]?.['type'], 'Action.Submit');
      assert.equal(buttons[0]?.['title'], en.recording.open);
      const task = await press(bot, buttons, fields);
      assert.equal(task.type, 'continue');
      assert.equal(task.value['title'], en.recording.title);
      assert.equal(task.value['fallbackUrl'], task.value['url']);
      const url = task.value['url'] ?? '';
      assert.equal((await fetch(url)).status, 200);
      assert.equal((await uploadRecording(url)).status, 202);
      const [, reply] = await bot.connector.whenMessages(2);
      assert.equal(reply?.body.conversation.id, fields.conversation.id);
      assert.equal((await press(bot, buttons, fields)).value, en.recording.ended, 'it is used');
    });
  }

  it('offers a browser link in a personal chat only, and only if the operator allows links on cards', async (t) => {
    const { bot } = await started(t);
    const [, link] = await buttonsOf(bot, PERSONAL);
    assert.equal(link?.['type'], 'Action.OpenUrl');
    assert.equal((await fetch(String(link?.['url']))).status, 200);
    assert.equal((await buttonsOf(bot, GROUP)).length, 1);
    assert.equal((await buttonsOf(bot, thread('19:a'))).length, 1);
    const { bot: strict } = await started(t, { env: { AUDIO_BROWSER_LINKS: 'false' } });
    assert.equal((await buttonsOf(strict, PERSONAL)).length, 1);
  });

  it('puts nothing on the card that opens the page', async (t) => {
    const { bot } = await started(t);
    const [button] = await buttonsOf(bot, GROUP);
    const { recording } = (button?.['data'] ?? {}) as { recording?: string };
    assert.equal((await fetch(`${bot.url}/record/${recording}`)).status, 404);
    assert.equal((await uploadRecording(`${bot.url}/record/${recording}`)).status, 404);
  });

  it('opens for the user who asked, and politely refuses everybody else', async (t) => {
    const { bot } = await started(t);
    const buttons = await buttonsOf(bot, GROUP);
    const other = { ...GROUP, from: { id: 'user-2', name: 'Eve' } };
    assert.deepEqual(await press(bot, buttons, other), { type: 'message', value: en.recording.notYours });
    assert.deepEqual(await press(bot, buttons, { ...other, locale: 'de' }), {
      type: 'message',
      value: de.recording.notYours,
    });
    assert.equal((await press(bot, buttons, GROUP)).type, 'continue');
  });

  it('gives each user one card per conversation: a new one ends the earlier one, and those of others stay open', async (t) => {
    const { bot } = await started(t, { hasAppId: true, env: { PUBLIC_BASE_URL: 'https://bot.example.com' } });
    const other = { ...GROUP, from: { id: 'user-2', name: 'Eve' } };
    const elsewhere = { ...GROUP, conversation: { ...GROUP.conversation, id: 'group-2' } };
    const earlier = await buttonsOf(bot, GROUP);
    const held = [];
    for (const fields of [other, elsewhere, GROUP]) held.push({ fields, buttons: await buttonsOf(bot, fields) });
    assert.deepEqual(await press(bot, earlier, GROUP), { type: 'message', value: en.recording.ended });
    for (const { fields, buttons } of held) assert.equal((await press(bot, buttons, fields)).type, 'continue');
  });

  it('opens only in its conversation, in whichever thread of a channel it is pressed', async (t) => {
    const { bot } = await started(t);
    const buttons = await buttonsOf(bot, thread('19:channel@thread.tacv2;messageid=1'));
    for (const id of ['19:channel@thread.tacv2;messageid=1', '19:channel@thread.tacv2']) {
      assert.equal((await press(bot, buttons, thread(id))).type, 'continue', id);
    }
    for (const id of ['19:other@thread.tacv2;messageid=1', '19:channel']) {
      assert.deepEqual(await press(bot, buttons, thread(id)), { type: 'message', value: en.recording.ended }, id);
    }
  });

  it('opens for ten minutes', async (t) => {
    const clock = new ManualClock();
    const { bot } = await started(t, { deps: { clock } });
    const buttons = await buttonsOf(bot, GROUP);
    await clock.advance(10 * MINUTE_MS - 1);
    assert.equal((await press(bot, buttons, GROUP)).type, 'continue');
    await clock.advance(1);
    assert.deepEqual(await press(bot, buttons, GROUP), { type: 'message', value: en.recording.ended });
  });

  for (const recording of ['abcdefghijklmnopqrstuv', '__proto__', '../x']) {
    it(`opens nothing for ${JSON.stringify(recording)}`, async (t) => {
      const { bot } = await started(t);
      assert.deepEqual(await press(bot, [{ data: { recording } }], GROUP), {
        type: 'message',
        value: en.recording.ended,
      });
    });
  }

  it('is refused politely to users who are not allowed', async (t) => {
    const { bot } = await started(t, {
      hasAppId: true,
      env: { ALLOWED_USERS: 'user-1', PUBLIC_BASE_URL: 'http://127.0.0.1:1' },
    });
    const stranger = { ...GROUP, from: { id: 'user-2', name: 'Eve' } };
    assert.equal((await ask(bot, '/talk', stranger)).text, en.notAllowed);
    const buttons = await buttonsOf(bot, GROUP);
    assert.deepEqual(await press(bot, buttons, stranger), { type: 'message', value: en.notAllowed });
  });

  it('names the user whom it is for if others see it', async (t) => {
    const { bot } = await started(t);
    assert.equal((await ask(bot, '/talk', PERSONAL)).text, en.recording.invited(undefined));
    assert.equal((await ask(bot, '/talk', GROUP)).text, en.recording.invited('Ada'));
  });

  it('closes its dialog when the page reports that it is done', async (t) => {
    const { bot } = await started(t);
    for (const value of [{ data: null }, {}, undefined]) {
      const done = { type: 'invoke', name: 'task/submit', value, ...GROUP };
      const response = await bot.post(bot.message(undefined, done));
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), {});
    }
    assert.deepEqual(bot.connector.messages, []);
  });

  it('is offered to a user who sends a Teams recording, which bots do not receive', async (t) => {
    const { bot } = await started(t);
    const reply = await ask(bot, undefined, { ...PERSONAL, attachments: [TEAMS_CLIP] });
    assert.equal(reply.text, en.attachments.voiceClip);
    assert.equal((await press(bot, reply.attachments[0].content.actions, PERSONAL)).type, 'continue');
  });
});

describe('a user who sends a Teams recording', () => {
  it('is not offered the page if there is none', async (t) => {
    const openId = await startOpenIdServer();
    t.after(() => openId.close());
    const bot = await startBot({ env: openId.env, deps: { clock: new FastClock() } });
    t.after(() => bot.close());
    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    const attachments = [TEAMS_CLIP];
    assert.equal((await bot.post(bot.message(undefined, { ...PERSONAL, attachments }), { authorization })).status, 200);
    const [reply] = await bot.connector.whenMessages(1);
    assert.deepEqual([reply?.body.text, reply?.body.attachments], [en.attachments.voiceClipNoPage, undefined]);
  });
});

describe('/talk on another channel', () => {
  let bot: BotUnderTest;
  before(async () => {
    bot = await startBot({ deps: { clock: new FastClock() } });
  });
  after(() => bot.close());

  for (const channelId of ['emulator', 'webchat', 'directline', 'facebook', 'unheard-of']) {
    it(`replies with a link in a personal chat (${channelId})`, async () => {
      const { text, attachments } = await ask(bot, '/talk', { channelId });
      assert.equal(attachments, undefined);
      const [, url = ''] = /\n\n\[🎙 Speak\]\((\S+)\)$/.exec(text) ?? [];
      assert.equal((await fetch(url)).status, 200);
    });

    it(`offers no link where several people would get it (${channelId})`, async () => {
      const { text } = await ask(bot, '/talk', { channelId, conversation: { id: 'room', isGroup: true } });
      assert.equal(text, en.recording.shared);
    });
  }

  it('says so politely if the bot has no address that the user can reach', async (t) => {
    const openId = await startOpenIdServer();
    t.after(() => openId.close());
    const bot = await startBot({ env: openId.env, deps: { clock: new FastClock() } });
    t.after(() => bot.close());
    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    for (const [index, fields] of [{}, PERSONAL, GROUP].entries()) {
      assert.equal((await bot.post(bot.message('/talk', fields), { authorization })).status, 200);
      const replies = await bot.connector.whenMessages(index + 1);
      assert.deepEqual(
        [replies[index]?.body.text, replies[index]?.body.attachments],
        [en.recording.unreachable, undefined],
      );
    }
  });

  it('says so politely if the answer could not be sent later', async (t) => {
    const { bot } = await started(t);
    const response = await bot.says('/talk', { deliveryMode: 'expectReplies' });
    const { activities } = (await response.json()) as { activities: { text: string }[] };
    assert.equal(activities[0]?.text, en.recording.unreachable);
  });
});
