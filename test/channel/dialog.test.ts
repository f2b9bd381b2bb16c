import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, type BotUnderTestOptions, samplesOf, startBot } from '../support/bot.ts';
import { FastClock } from '../support/fast-clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startOpenIdServer } from '../support/openid-server.ts';

const PCM = Buffer.from(Array.from({ length: 96_000 }, (_, index) => index % 251));
const SPOKEN = { outputs: [{ text: 'Hi there', pcm: PCM }], ending: { kind: 'completed' } } as const;
const MINUTE_MS = 60_000;
const GROUP = { channelId: 'msteams', conversation: { id: 'group-1', conversationType: 'groupChat', isGroup: true } };

interface Action {
  readonly type: string;
  readonly title: string;
  readonly url?: string;
  readonly data?: Record<string, unknown>;
}

/** A bot that has answered in a group chat of Teams, and the buttons below its answer. */
async function answered(t: TestContext, options: BotUnderTestOptions = {}) {
  const clock = new ManualClock();
  const bot = await startBot({ turns: [SPOKEN], deps: { clock }, ...options });
  t.after(() => bot.close());
  await bot.says('hello', GROUP);
  const [reply] = await bot.connector.whenMessages(1);
  const actions: readonly Action[] = reply?.body.attachments[0].content.actions;
  const data = actions[0]?.data ?? {};
  return { bot, clock, actions, data };
}

/** What the client gets when the user presses "Play". */
async function press(bot: BotUnderTest, data: unknown, fields: Record<string, unknown> = {}) {
  const invoke = {
    type: 'invoke',
    name: 'task/fetch',
    value: { data, context: { theme: 'dark' } },
    ...GROUP,
    ...fields,
  };
  const response = await bot.post(bot.message(undefined, invoke));
  assert.equal(response.status, 200);
  const { task } = (await response.json()) as { task: { type: string; value: Record<string, string> & string } };
  return task;
}

const wavOf = async (pageUrl: string) => {
  const response = await fetch(`${pageUrl}.wav`);
  return { status: response.status, samples: samplesOf(new Uint8Array(await response.arrayBuffer())) };
};

describe('"Play" below an answer in Teams', () => {
  it('opens the player for that answer in a dialog', async (t) => {
    const { bot, data } = await answered(t);
    const task = await press(bot, data);
    assert.equal(task.type, 'continue');
    assert.equal(task.value['title'], 'Voice reply · 0:02');
    assert.equal(task.value['fallbackUrl'], task.value['url']);
    const url = task.value['url'] ?? '';
    assert.equal((await fetch(url)).headers.get('content-type'), 'text/html; charset=utf-8');
    assert.ok((await wavOf(url)).samples.equals(PCM));
    assert.equal(bot.connector.messages.length, 1, 'nothing is sent');
  });

  it('opens it with a link that is valid for ten minutes and new each time', async (t) => {
    const { bot, clock, data } = await answered(t);
    const { url = '' } = (await press(bot, data)).value;
    await clock.advance(10 * MINUTE_MS - 1_000);
    assert.equal((await fetch(url)).status, 200);
    assert.equal((await wavOf(url)).status, 200);
    await clock.advance(2_000);
    assert.equal((await fetch(url)).status, 404);
    assert.equal((await wavOf(url)).status, 404);
    const again = (await press(bot, data)).value['url'] ?? '';
    assert.notEqual(again, url);
    assert.equal((await wavOf(again)).status, 200);
  });

  it("ignores an address in the button's own data", async (t) => {
    const { bot, data } = await answered(t, { env: { AUDIO_BROWSER_LINKS: 'false' } });
    for (const suffix of ['', '.wav']) {
      assert.equal((await fetch(`${bot.url}/audio/${String(data['play'])}${suffix}`)).status, 404);
    }
  });

  it('opens it in every thread of the same channel, and not outside that channel', async (t) => {
    const thread = (id: string) => ({ ...GROUP, conversation: { id, conversationType: 'channel', isGroup: true } });
    const bot = await startBot({ turns: [SPOKEN], deps: { clock: new FastClock() } });
    t.after(() => bot.close());
    await bot.says('hello', thread('19:channel@thread.tacv2;messageid=1'));
    const [reply] = await bot.connector.whenMessages(1);
    const data = reply?.body.attachments[0].content.actions[0].data;
    for (const id of ['19:channel@thread.tacv2;messageid=1', '19:channel@thread.tacv2']) {
      assert.equal((await press(bot, data, thread(id))).type, 'continue', id);
    }
    for (const id of ['19:other@thread.tacv2;messageid=1', '19:channel', '19:channel@thread.tacv2;messageids=1', 'a']) {
      assert.deepEqual(await press(bot, data, thread(id)), { type: 'message', value: en.audio.gone }, id);
    }
    assert.equal(
      (await press(bot, data, { ...thread('19:channel@thread.tacv2'), channelId: 'webchat' })).type,
      'message',
    );
  });

  for (const [name, data] of Object.entries({
    nothing: undefined,
    'an id that nobody was given': { play: 'abcdefghijklmnopqrstuv' },
    'an id of another kind': { play: 7 },
    'no id': {},
    'a property of objects': { play: '__proto__' },
  })) {
    it(`replies politely that there is no such audio for ${name}`, async (t) => {
      const { bot } = await answered(t);
      assert.deepEqual(await press(bot, data), { type: 'message', value: en.audio.gone });
    });
  }

  it('replies that the audio has expired', async (t) => {
    const { bot, clock, data } = await answered(t, { env: { AUDIO_RETENTION_HOURS: '1' } });
    await clock.advance(61 * MINUTE_MS);
    assert.deepEqual(await press(bot, data), { type: 'message', value: en.audio.gone });
  });

  it('replies in the language of the user who pressed', async (t) => {
    const { bot, data } = await answered(t);
    assert.equal((await press(bot, data, { locale: 'de-AT' })).value['title'], 'Gesprochene Antwort · 0:02');
    const gone = await press(bot, {}, { locale: 'de' });
    assert.match(gone.value, /Bitte fragen Sie mich noch einmal/);
  });

  it('is refused politely to users who are not allowed', async (t) => {
    const { bot, data } = await answered(t, {
      hasAppId: true,
      env: { ALLOWED_USERS: 'user-1', PUBLIC_BASE_URL: 'http://127.0.0.1:1' },
    });
    const stranger = { from: { id: 'user-2', name: 'Eve' } };
    assert.deepEqual(await press(bot, data, stranger), { type: 'message', value: en.notAllowed });
    assert.equal((await press(bot, data)).type, 'continue');
  });
});

describe('the card below an answer in Teams', () => {
  it('has a link that is valid as long as the audio is stored', async (t) => {
    const { clock, actions } = await answered(t, { env: { AUDIO_RETENTION_HOURS: '2' } });
    const { url = '' } = actions.find(({ type }) => type === 'Action.OpenUrl') ?? {};
    assert.ok((await wavOf(url)).samples.equals(PCM));
    await clock.advance(119 * MINUTE_MS);
    assert.equal((await wavOf(url)).status, 200);
    await clock.advance(MINUTE_MS);
    assert.equal((await wavOf(url)).status, 404);
  });

  it('is missing if users cannot reach the bot', async (t) => {
    const openId = await startOpenIdServer();
    t.after(() => openId.close());
    const bot = await startBot({ turns: [SPOKEN], env: openId.env, deps: { clock: new FastClock() } });
    t.after(() => bot.close());
    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    assert.equal((await bot.post(bot.message('hello', GROUP), { authorization })).status, 200);
    const [reply] = await bot.connector.whenMessages(1);
    assert.deepEqual([reply?.body.text, reply?.body.attachments], ['Hi there', undefined]);
    const invoke = { type: 'invoke', name: 'task/fetch', value: { data: { play: 'x' } }, ...GROUP };
    const response = await bot.post(bot.message(undefined, invoke), { authorization });
    assert.deepEqual(await response.json(), { task: { type: 'message', value: en.audio.gone } });
  });
});

const TENANT = '11111111-2222-4333-8444-555555555555';
const OTHER_TENANT = '22222222-2222-4333-8444-555555555555';

describe('a bot with an allow list, in Teams', () => {
  const tenant = (id: string, conversationType: string) => ({
    channelId: 'msteams',
    conversation: { id: `${conversationType}-1`, conversationType, isGroup: conversationType !== 'personal' },
    channelData: { tenant: { id } },
  });

  for (const scope of ['personal', 'groupChat', 'channel']) {
    it(`refuses politely without asking the model (${scope})`, async (t) => {
      const env = { ALLOWED_TENANTS: TENANT, ALLOWED_USERS: 'aad-1' };
      const bot = await startBot({ hasAppId: true, env, turns: ['Hi'], deps: { clock: new FastClock() } });
      t.after(() => bot.close());
      const friend = { id: '29:1', name: 'Ada', aadObjectId: 'aad-1' };
      await bot.says('hello', {
        ...tenant(TENANT, scope),
        from: { id: '29:2', name: 'Eve', aadObjectId: 'aad-2' },
      });
      await bot.says('hello', { ...tenant(OTHER_TENANT, scope), from: friend });
      const refusals = await bot.connector.whenMessages(2);
      assert.deepEqual(
        refusals.map(({ body }) => body.text),
        [en.notAllowed, en.notAllowed],
      );
      assert.deepEqual(bot.events, []);
      await bot.says('hello', { ...tenant(TENANT, scope), from: friend });
      const replies = await bot.connector.whenMessages(3);
      assert.equal(replies[2]?.body.text, 'Hi');
    });
  }
});
