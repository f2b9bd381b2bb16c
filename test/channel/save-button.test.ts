import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { inTime } from '../realtime/gathered.ts';
import { startBot } from '../support/bot.ts';
import { CARD_ID, inChatOf, PERSONAL, startSavingChat, UPLOAD_INFO } from '../support/file-service.ts';

const TIMEOUT = { timeout: 30_000 };
/** Half of the maximum: without an app id no channel verifies an identity. */
const ASIDES = 50;

describe('a press on "Save"', TIMEOUT, () => {
  it('is an ordinary message if it has a text or if there is no such button', async (t) => {
    const { bot, saveActivity, audioId } = await startSavingChat(t, { turns: ['About this', 'In a group'] });
    await bot.post(saveActivity({ text: 'what about this?', deliveryMode: 'expectReplies' }));
    const group = { channelId: 'webchat', conversation: { id: 'web-1' }, text: 'hello', value: { save: audioId } };
    await bot.post(saveActivity({ ...group, deliveryMode: 'expectReplies' }));
    assert.deepEqual(
      bot.script.contexts.map(({ text }) => text),
      ['hello', 'what about this?', 'hello'],
    );
    const silent = await bot.post(saveActivity({ ...group, text: undefined, deliveryMode: 'expectReplies' }));
    const { activities } = (await silent.json()) as { activities: { text: string }[] };
    assert.equal(activities[0]?.text, en.textMissing);
  });

  it('is rejected (503) at the maximum in progress, and accepted on redelivery', async (t) => {
    const { bot, saveActivity } = await startSavingChat(t);
    const gate = Promise.withResolvers<void>();
    t.after(() => gate.resolve());
    bot.connector.rule = (_, response) => {
      void gate.promise.then(() => response.end('{"id":"sent"}'));
      return 'handled';
    };
    const answers: number[] = [];
    for (let count = 0; count < ASIDES + 5; count++)
      answers.push((await bot.post(saveActivity(inChatOf(count)))).status);
    assert.deepEqual(answers.slice(0, ASIDES), Array(ASIDES).fill(200));
    assert.deepEqual(answers.slice(ASIDES), Array(5).fill(503));
    gate.resolve();
    bot.connector.rule = () => undefined;
    await inTime(bot.connector.when(() => bot.connector.calls.length === ASIDES));
    assert.equal((await bot.post(saveActivity())).status, 200);
  });
});

describe('a consent answer without an offer', TIMEOUT, () => {
  it('saves no file and removes no message', async (t) => {
    const { bot, files, consentActivity, audioId, closeAndListCalls } = await startSavingChat(t);
    const context = { offer: 'made-up', audio: audioId };
    assert.equal((await bot.post(consentActivity({ action: 'accept', context, uploadInfo: UPLOAD_INFO }))).status, 200);
    assert.equal((await bot.post(consentActivity({ action: 'decline', context }))).status, 200);
    assert.deepEqual(await closeAndListCalls(), [en.audio.notSaved]);
    assert.deepEqual(files.requestedUrls, []);
  });

  it('includes one to an offer that was declined before', async (t) => {
    const { bot, files, offer, consentActivity, accept, closeAndListCalls } = await startSavingChat(t);
    const context = await offer();
    await bot.post(consentActivity({ action: 'decline', context }));
    await inTime(bot.connector.when(({ method, path }) => method === 'DELETE' && path.endsWith(CARD_ID)));
    await accept(context);
    assert.deepEqual(await closeAndListCalls(), ['card: consent', `DELETE ${CARD_ID}`, en.audio.notSaved]);
    assert.deepEqual(files.requestedUrls, []);
  });
});

describe('a file that is being saved at shutdown', TIMEOUT, () => {
  it('is aborted at the deadline, and its user is told', async (t) => {
    const { bot, clock, files, offer, accept } = await startSavingChat(t, { env: { DRAIN_SECONDS: '7' } });
    files.rule = () => 'hang';
    await accept(await offer());
    await files.whenCalls(1);
    const closed = bot.app.close();
    await clock.whenWaiting(7_000);
    await clock.advance(7_000);
    await inTime(closed);
    assert.ok(bot.connector.messages.some(({ body }) => body.text === en.audio.notSaved));
  });
});

describe('the page of an answer', () => {
  it('is not served with a trailing slash, where its audio would not be found', async (t) => {
    const bot = await startBot({ turns: ['Hi'] });
    t.after(() => bot.close());
    await bot.says('hello', { ...PERSONAL, conversation: { ...PERSONAL.conversation, conversationType: 'groupChat' } });
    const [reply] = await bot.connector.whenMessages(1);
    const url = reply?.body.attachments[0].content.actions[1].url;
    assert.deepEqual([(await fetch(url)).status, (await fetch(`${url}/`)).status], [200, 404]);
  });
});
