import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { errors, says } from '../conversation/fault-answers.ts';
import { preparedDatabase } from '../database/open-database.ts';
import type { BotUnderTest } from '../support/bot.ts';
import { CARD_ID, PERSONAL, startFileService, UPLOAD_INFO } from '../support/file-service.ts';
import { startRawModel } from '../support/raw-model.ts';
import { uploadRecording } from '../support/recording-link.ts';
import { ANSWERS_NOTHING, Chat, startInstance } from './instance.ts';
import { sharedPair, startPair } from './pair.ts';

const LONG = { timeout: 60_000 };
const PCM = Buffer.from(Array.from({ length: 96_000 }, (_, index) => index % 251));

/** The response to an invoke. */
async function invoked(chat: Chat, bot: BotUnderTest, name: string, fields: Readonly<Record<string, unknown>>) {
  const response = await chat.post(bot, undefined, { type: 'invoke', name, ...fields });
  assert.equal(response.status, 200);
  // biome-ignore lint/suspicious/noExplicitAny: the tests read any field on the wire.
  return (await response.json()) as any;
}

describe('either of two instances', { ...LONG, concurrency: true }, () => {
  const pair = sharedPair({ pcm: PCM });
  const talk = () => ({ ...pair(), chat: pair().chat() });
  /** A personal chat in Teams. */
  const inTeams = (id: string) => {
    const { one, two } = pair();
    return { one, two, chat: new Chat(one, { ...PERSONAL, conversation: { ...PERSONAL.conversation, id } }) };
  };

  it('uses the voice that was chosen on a card of the other', async () => {
    const { chat, one, two } = talk();
    const card = (await chat.ask(one, '/voice')).attachments[0].content;
    const [{ data }] = card.actions;
    await chat.say(two, undefined, { value: { ...data, choice: 'marin' } });
    assert.equal((await chat.reply(2)).text, en.commands.voice('marin', undefined));
    await chat.ask(one, 'in another voice');
    assert.equal((await chat.ask(two, '/voice')).text, en.commands.voiceIs('marin'));
    const updates = one.events.filter(({ event }) => event['type'] === 'session.update');
    assert.match(JSON.stringify(updates), /"voice":"marin"/);
  });

  it('sends no audio after /audio off on the other', async () => {
    const { chat, one, two } = talk();
    assert.equal((await chat.ask(one, 'with sound')).attachments.length, 1);
    await chat.ask(two, '/audio off');
    assert.equal((await chat.ask(one, 'without sound')).attachments?.length ?? 0, 0);
  });

  it('counts the usage of all turns', async () => {
    const { chat, one, two } = talk();
    await chat.ask(one, 'first');
    await chat.ask(one, 'second');
    const [first, second] = [await chat.ask(two, '/usage'), await chat.ask(one, '/usage')].map(({ text }) => text);
    assert.ok(first.includes(en.usage.turns('2')), first);
    assert.ok(first.includes(en.usage.audio('0:04')), first);
    assert.equal(first, second);
  });

  it("accepts the rating of the other's reply, and serves the player for its audio", async () => {
    const { chat, one, two } = inTeams('played');
    const { attachments } = await chat.ask(one, 'say it');
    const value = { actionName: 'feedback', actionValue: { reaction: 'like' } };
    await invoked(chat, two, 'message/submitAction', { value, replyToId: 'sent-1' });
    await two.logged('reply rated');
    const play = attachments[0].content.actions.find((action: { data?: { play?: string } }) => action.data?.play);
    const { task } = await invoked(chat, two, 'task/fetch', { value: { data: play.data } });
    const { pathname } = new URL(task.value.url);
    for (const bot of [one, two]) assert.match(await (await fetch(bot.url + pathname)).text(), /Re: say it/);
  });

  it('opens the recording page from a card of the other', async () => {
    const { chat, one, two } = inTeams('spoken');
    const [{ data }] = (await chat.ask(one, '/talk')).attachments[0].content.actions;
    const { task } = await invoked(chat, two, 'task/fetch', { value: { data } });
    assert.equal((await uploadRecording(two.url + new URL(task.value.url).pathname)).status, 202);
    assert.match((await chat.reply(2)).text, /Re: 1 clips/);
  });
});

describe('a reply that is saved as a file', LONG, () => {
  it('is offered by one instance, and uploaded by the other', async (t) => {
    await using files = await startFileService();
    const { one, two } = await startPair(t, {
      pcm: PCM,
      two: { ...ANSWERS_NOTHING, deps: { fetch: files.fetch } },
    });
    const chat = new Chat(one, PERSONAL);
    const { actions } = (await chat.ask(one, 'say it')).attachments[0].content;
    const { save } = actions.find((action: { data?: { save?: string } }) => action.data?.save).data;
    await chat.say(one, undefined, { value: { save } });
    const context = (await chat.reply(2)).attachments[0].content.acceptContext;
    const value = { type: 'fileUpload', action: 'accept', context, uploadInfo: UPLOAD_INFO };
    await invoked(chat, two, 'fileConsent/invoke', { value, replyToId: CARD_ID });
    const [call] = await files.whenCalls(1);
    assert.ok((call?.body.byteLength ?? 0) > PCM.byteLength);
  });
});

describe('a voice that the service rejects', LONG, () => {
  it('is replaced on both instances', async (t) => {
    const refusal = errors({ code: 'invalid_value', param: 'session.audio.output.voice' });
    const model = await startRawModel([refusal, says('One'), says('Two')]);
    t.after(() => model.close());
    const env = { AZURE_OPENAI_ENDPOINT: model.url };
    const url = await preparedDatabase();
    const one = await startInstance(t, url, { env });
    const two = await startInstance(t, url, { env: { ...env, ...ANSWERS_NOTHING.env } });
    const chat = new Chat(one);
    await chat.ask(two, '/voice ash');
    assert.equal((await chat.ask(two, 'first')).text, `One\n\n${en.commands.voiceRefused('ash', 'alloy')}`);
    assert.equal((await chat.ask(two, '/voice')).text.split('\n')[0], en.commands.voiceIs('alloy'));
    assert.equal((await chat.ask(two, 'second')).text, 'Two');
    assert.deepEqual(model.voices, ['ash', 'alloy']);
  });
});

describe('the budgets of two instances', LONG, () => {
  it('are shared for a conversation, a user and a day', async (t) => {
    const env = {
      CONVERSATION_BUDGET_USD: '0.05',
      PERSON_DAILY_BUDGET_USD: '0.1',
      DAILY_BUDGET_USD: '0.2',
      REALTIME_MAX_OUTPUT_TOKENS: '300',
    };
    const { one, two } = await startPair(t, {
      pcm: Buffer.alloc(400_000),
      one: { env, hasAppId: true },
      two: { env, hasAppId: true },
    });
    let count = 0;
    /** The answer comes in the response of the instance that got the message. */
    async function ask(bot: BotUnderTest, conversation: string, person: string): Promise<string> {
      const place = { id: conversation, conversationType: 'groupChat', tenantId: 't' };
      const from = { id: `29:${person}`, aadObjectId: person, name: person };
      const fields = { channelId: 'msteams', conversation: place, from, deliveryMode: 'expectReplies' };
      const response = await bot.says('hello', { ...fields, id: `budget-${++count}` });
      const { activities } = (await response.json()) as { activities: { text: string }[] };
      return activities.at(-1)?.text ?? '';
    }
    /** Sends to both in turn until one refuses; then the other refuses, too. */
    async function useUp(conversation: () => string, person: () => string, refusal: string) {
      let answered = 0;
      for (let turn = 0; ; turn++) {
        const [here, there] = turn % 2 === 0 ? [one, two] : [two, one];
        const place = conversation();
        const who = person();
        const said = await ask(here, place, who);
        if (said.includes('Re: hello')) answered += 1;
        else {
          assert.equal(said, refusal);
          assert.equal(await ask(there, place, who), refusal);
          return answered;
        }
        assert.ok(turn < 60, 'it never ends');
      }
    }
    const counts = [
      await useUp(
        () => 'c',
        () => 'ada',
        en.limits.conversation,
      ),
      await useUp(
        () => `c-${count}`,
        () => 'ada',
        en.limits.person,
      ),
      await useUp(
        () => `c-${count}`,
        () => `p-${count}`,
        en.limits.day,
      ),
    ];
    for (const each of counts) assert.ok(each > 1, `${counts}`);
  });
});
