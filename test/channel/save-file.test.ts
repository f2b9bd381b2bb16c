import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { de } from '../../src/messages/de.ts';
import { en } from '../../src/messages/en.ts';
import { type ConnectorCall, type ConnectorRule, startFakeConnector } from '../support/fake-connector.ts';
import { inChatOf, PERSONAL, startSavingChat, UPLOAD_INFO } from '../support/file-service.ts';

const HOUR_MS = 3_600_000;
const ELSEWHERE = {
  conversation: { id: 'personal-2', conversationType: 'personal', tenantId: PERSONAL.conversation.tenantId },
};
const REFUSAL = { error: { code: 'Refused', message: 'no' } };

const cardOf = (call: ConnectorCall | undefined) => call?.body.attachments[0];

/** The channel accepts everything except what `refuses` matches. */
function refuse(status: number, fits: (call: ConnectorCall) => boolean): ConnectorRule {
  return (call) => (fits(call) ? { status, body: REFUSAL } : undefined);
}

describe('a press on "Save .wav"', { timeout: 30_000 }, () => {
  it('is answered by a consent card in the same chat, without asking the model', async (t) => {
    const { bot, wav, audioId, saveActivity, closeAndListCalls } = await startSavingChat(t);
    const press = saveActivity();
    const response = await bot.post(press);
    assert.equal(response.status, 200);
    assert.deepEqual(await closeAndListCalls(), ['card: consent']);
    const [call] = bot.connector.calls;
    assert.equal(call?.path, `/v3/conversations/personal-1/activities/${press['id']}`);
    const { contentType, name, content } = cardOf(call);
    assert.equal(contentType, 'application/vnd.microsoft.teams.card.file.consent');
    assert.equal(name, en.audio.fileName);
    assert.equal(content.description, en.audio.fileOffer);
    assert.equal(content.sizeInBytes, wav.length);
    assert.equal(content.acceptContext.audio, audioId);
    assert.match(content.acceptContext.offer, /^[\w-]{22}\.[\w-]{22}$/);
    assert.deepEqual(content.declineContext, content.acceptContext);
    assert.equal(bot.script.contexts.length, 1);
  });

  it('that is delivered twice brings one card, at the same time or later', async (t) => {
    const { bot, saveActivity, closeAndListCalls } = await startSavingChat(t);
    const press = saveActivity();
    await Promise.all([bot.post(press), bot.post(press)]);
    assert.equal((await bot.post(press)).status, 200);
    assert.deepEqual(await closeAndListCalls(), ['card: consent']);
  });

  it('that is repeated brings a second offer', async (t) => {
    const { bot, saveActivity, closeAndListCalls } = await startSavingChat(t);
    await bot.post(saveActivity());
    await bot.post(saveActivity());
    assert.deepEqual(await closeAndListCalls(), ['card: consent', 'card: consent']);
    const [one, two] = bot.connector.calls.map((call) => cardOf(call).content.acceptContext.offer);
    assert.notEqual(one, two);
  });

  it('for audio of another conversation or with an unknown id is answered politely', async (t) => {
    const { bot, saveActivity, closeAndListCalls } = await startSavingChat(t);
    for (const fields of [
      ELSEWHERE,
      { value: { save: 'abcdefghijklmnopqrstuv' } },
      { value: { save: 'x'.repeat(100_000) } },
      { value: { save: '__proto__' } },
    ]) {
      assert.equal((await bot.post(saveActivity(fields))).status, 200);
    }
    assert.deepEqual(await closeAndListCalls(), Array(4).fill(en.audio.gone));
  });

  it('offers audio until it expires, and then says that it has expired', async (t) => {
    const { bot, clock, saveActivity, offer, closeAndListCalls } = await startSavingChat(t, {
      env: { AUDIO_RETENTION_HOURS: '1' },
    });
    await clock.advance(HOUR_MS - 1);
    await offer();
    await clock.advance(1);
    await bot.post(saveActivity());
    assert.deepEqual(await closeAndListCalls(), ['card: consent', en.audio.gone]);
  });

  it('is answered in German', async (t) => {
    const { bot, saveActivity, closeAndListCalls } = await startSavingChat(t);
    await bot.post(saveActivity({ locale: 'de-DE' }));
    await bot.connector.whenMessages(1);
    await bot.post(saveActivity({ locale: 'de-DE', value: { save: 'unknown' } }));
    assert.deepEqual(await closeAndListCalls(), ['card: consent', de.audio.gone]);
    const { name, content } = cardOf(bot.connector.calls[0]);
    assert.deepEqual([name, content.description], [de.audio.fileName, de.audio.fileOffer]);
  });

  it('is answered in the response on expectReplies', async (t) => {
    const { bot, wav, saveActivity, closeAndListCalls } = await startSavingChat(t);
    const press = async (fields = {}) => {
      const response = await bot.post(saveActivity({ deliveryMode: 'expectReplies', ...fields }));
      return ((await response.json()) as { activities: ConnectorCall['body'][] }).activities;
    };
    const [offer, ...more] = await press();
    assert.equal(offer.attachments[0].content.sizeInBytes, wav.length);
    assert.deepEqual(more, []);
    const [word] = await press({ value: { save: 'unknown' } });
    assert.equal(word.text, en.audio.gone);
    assert.deepEqual(await closeAndListCalls(), []);
  });

  for (const status of [400, 403, 413]) {
    it(`is answered politely if the channel rejects the card: ${status}`, async (t) => {
      const { bot, saveActivity, closeAndListCalls } = await startSavingChat(t);
      bot.connector.rule = refuse(status, ({ body }) => body.attachments !== undefined);
      await bot.post(saveActivity());
      assert.deepEqual(await closeAndListCalls(), ['card: consent', en.audio.notSaved]);
    });
  }

  it('may be repeated if the channel rejected every message', async (t) => {
    const { bot, saveActivity, closeAndListCalls } = await startSavingChat(t);
    bot.connector.rule = refuse(403, () => true);
    await bot.post(saveActivity());
    await bot.connector.when(({ body }) => body.text === en.audio.notSaved);
    bot.connector.rule = () => undefined;
    await bot.post(saveActivity());
    assert.deepEqual(await closeAndListCalls(), ['card: consent', en.audio.notSaved, 'card: consent']);
  });

  for (const [name, fields] of [
    ['user', { from: { id: 'user-2', name: 'Bob' } }],
    ['tenant', { conversation: { ...PERSONAL.conversation, tenantId: 'tenant-2' } }],
  ] as const) {
    it(`and an accepted offer of a ${name} who is not allowed are refused`, async (t) => {
      const lists = { ALLOWED_USERS: 'user-1', ALLOWED_TENANTS: PERSONAL.conversation.tenantId };
      const env = { ...lists, PUBLIC_BASE_URL: 'http://127.0.0.1:1' };
      const { bot, files, saveActivity, offer, accept, closeAndListCalls } = await startSavingChat(t, {
        hasAppId: true,
        env,
      });
      const context = await offer();
      assert.equal((await bot.post(saveActivity(fields))).status, 200);
      await bot.connector.whenMessages(2);
      await accept(context, UPLOAD_INFO, fields);
      assert.deepEqual(await closeAndListCalls(), ['card: consent', en.notAllowed, en.notAllowed]);
      assert.deepEqual(files.requestedUrls, []);
    });
  }

  it('that is delivered again does not restore a service URL that the channel left', async (t) => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const held = () => {
      asked.resolve();
      return { outputs: [{ text: 'One' }], ending: { kind: 'completed' } as const, gate: gate.promise };
    };
    const moved = await startFakeConnector();
    t.after(() => moved.close());
    const { bot, clock, saveActivity } = await startSavingChat(t, { turns: [held, 'Two'] });
    const press = saveActivity({ timestamp: new Date(clock.now() - 1_000).toISOString() });
    await bot.post(press);
    await bot.connector.whenMessages(1);
    const there = { ...PERSONAL, serviceUrl: moved.url };
    await bot.says('one', there);
    await asked.promise;
    await bot.says('two', there);
    assert.equal((await bot.post(press)).status, 200);
    gate.resolve();
    while (!t.signal.aborted && bot.connector.messages.length + moved.messages.length < 3) await clock.advance(100);
    assert.deepEqual(
      moved.messages.map(({ body }) => body.text),
      ['One', 'Two'],
    );
  });

  const GROUP = { channelId: 'msteams', conversation: { id: 'group-1', conversationType: 'groupChat' } };
  for (const [name, text, fields, reply] of [
    ['with a text of its own', 'hello', PERSONAL, 'I read that'],
    ['in a group', undefined, GROUP, en.textMissing],
    ['in another channel', undefined, { channelId: 'webchat' }, en.textMissing],
  ] as const) {
    it(`is not recognized in a similar message ${name}`, async (t) => {
      const turns = text === undefined ? [] : ['I read that'];
      const { bot, audioId, closeAndListCalls } = await startSavingChat(t, { turns });
      const value = { save: audioId };
      const response = await bot.post(bot.message(text, { ...fields, value, deliveryMode: 'expectReplies' }));
      const { activities } = (await response.json()) as { activities: { text: string }[] };
      assert.deepEqual(
        activities.map(({ text }) => text),
        [reply],
      );
      assert.deepEqual(await closeAndListCalls(), []);
    });
  }

  it('is rejected (503) at the maximum in progress on an unverified channel, and accepted on redelivery', async (t) => {
    const gate = Promise.withResolvers<{ status: number }>();
    const { bot, files, saveActivity, offer, consentActivity } = await startSavingChat(t);
    const context = await offer();
    files.rule = () => gate.promise;
    const accepted = bot.post(
      consentActivity({ action: 'accept', context, uploadInfo: UPLOAD_INFO }, { deliveryMode: 'expectReplies' }),
    );
    await files.whenCalls(1);
    const held: ServerResponse[] = [];
    bot.connector.rule = ({ method }, response) => {
      if (method !== 'POST') return undefined;
      held.push(response);
      return 'handled';
    };
    for (let count = 1; count < 50; count++) assert.equal((await bot.post(saveActivity(inChatOf(count)))).status, 200);
    const press = saveActivity(inChatOf(0));
    const refused = await bot.post(press);
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    gate.resolve({ status: 201 });
    await accepted;
    assert.equal((await bot.post(press)).status, 200);
    await bot.connector.when(({ path }) => path.endsWith(`/${press['id']}`));
    assert.equal(held.length, 50);
    for (const response of held) response.end('{}');
  });
});
