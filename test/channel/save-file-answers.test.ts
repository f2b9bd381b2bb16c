import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { inTime } from '../realtime/gathered.ts';
import type { ConnectorCall, ConnectorRule } from '../support/fake-connector.ts';
import { CARD_ID, PLACE, startSavingChat } from '../support/file-service.ts';

const REMOVED = `DELETE ${CARD_ID}`;
const SAVED = ['card: consent', 'card: info', REMOVED];
const REFUSAL = { error: { code: 'Refused', message: 'no' } };

/** The channel accepts everything except what `refuses` matches. */
function refuse(status: number, fits: (call: ConnectorCall) => boolean): ConnectorRule {
  return (call) => (fits(call) ? { status, body: REFUSAL } : undefined);
}

describe('a declined offer', { timeout: 30_000 }, () => {
  it('is removed without saving or saying anything', async (t) => {
    const { bot, files, offer, answered, ended } = await startSavingChat(t);
    const response = await bot.post(answered({ action: 'decline', context: await offer() }));
    assert.equal(response.status, 200);
    assert.deepEqual(await ended(), ['card: consent', REMOVED]);
    assert.deepEqual(files.asked, []);
  });

  it('is not saved, whatever else the answer contains', async (t) => {
    const { bot, files, offer, answered, ended } = await startSavingChat(t);
    await bot.post(answered({ action: 'decline', context: await offer(), uploadInfo: PLACE }));
    assert.deepEqual(await ended(), ['card: consent', REMOVED]);
    assert.deepEqual(files.asked, []);
  });

  it('can no longer be accepted', async (t) => {
    const { bot, files, offer, answered, accept, ended } = await startSavingChat(t);
    const context = await offer();
    await bot.post(answered({ action: 'decline', context }));
    await bot.connector.when(({ method }) => method === 'DELETE');
    await accept(context);
    assert.deepEqual(await ended(), ['card: consent', REMOVED, en.audio.notSaved]);
    assert.deepEqual(files.asked, []);
  });

  it('is saved if it is already being saved', async (t) => {
    const gate = Promise.withResolvers<{ status: number }>();
    const { bot, files, offer, answered, accept, ended } = await startSavingChat(t);
    files.rule = () => gate.promise;
    const context = await offer();
    await accept(context);
    await files.whenCalls(1);
    await bot.post(answered({ action: 'decline', context }));
    await bot.connector.when(({ body }) => body?.text === en.audio.saving);
    gate.resolve({ status: 201 });
    assert.deepEqual(await ended(), ['card: consent', en.audio.saving, 'card: info', REMOVED]);
  });

  it('does not prevent a new one for the user', async (t) => {
    const { bot, offer, answered, pressed, accept, ended } = await startSavingChat(t);
    await bot.post(answered({ action: 'decline', context: await offer() }));
    await bot.connector.when(({ method }) => method === 'DELETE');
    await bot.post(pressed());
    const [, again] = await bot.connector.whenMessages(2);
    await accept(again?.body.attachments[0].content.acceptContext);
    assert.deepEqual(await ended(), ['card: consent', REMOVED, ...SAVED]);
  });

  it('causes no error if the channel keeps its card', async (t) => {
    const { bot, offer, answered, ended } = await startSavingChat(t);
    const context = await offer();
    bot.connector.rule = refuse(404, ({ method }) => method === 'DELETE');
    await bot.post(answered({ action: 'decline', context }));
    assert.deepEqual(await ended(), ['card: consent', REMOVED]);
  });
});

describe('an offer that failed and whose user could not be told', { timeout: 30_000 }, () => {
  it('may be accepted again', async (t) => {
    const { bot, files, offer, accept, ended } = await startSavingChat(t);
    const context = await offer();
    files.rule = (_, count) => ({ status: count === 1 ? 404 : 201 });
    bot.connector.rule = refuse(500, ({ body }) => body?.text === en.audio.notSaved);
    await accept(context);
    await inTime(bot.connector.when(({ method }) => method === 'DELETE'));
    await accept(context);
    assert.deepEqual((await ended()).slice(-2), ['card: info', REMOVED]);
  });

  it('is removed', async (t) => {
    const { bot, files, offer, accept, ended } = await startSavingChat(t);
    const context = await offer();
    files.rule = () => ({ status: 404 });
    bot.connector.rule = refuse(500, ({ body }) => body?.text === en.audio.notSaved);
    await accept(context);
    assert.deepEqual(await ended(), ['card: consent', en.audio.notSaved, REMOVED]);
  });
});

describe('a consent answer to an unknown offer', { timeout: 30_000 }, () => {
  for (const [name, change, text] of [
    ['of that name', { offer: 'abcdefghijklmnopqrstuv' }, en.audio.notSaved],
    ['of that audio', { audio: 'abcdefghijklmnopqrstuv' }, en.audio.gone],
  ] as const) {
    it(`${name} saves nothing`, async (t) => {
      const { bot, files, offer, answered, accept, ended } = await startSavingChat(t);
      const context = { ...(await offer()), ...change };
      await accept(context);
      await bot.connector.whenMessages(2);
      await bot.post(answered({ action: 'decline', context }));
      assert.deepEqual(await ended(), ['card: consent', text]);
      assert.deepEqual(files.asked, []);
    });
  }
});

describe('an invalid consent answer', { timeout: 30_000 }, () => {
  const context = { offer: 'abcdefghijklmnopqrstuv', audio: 'ABCDEFGHIJKLMNOPQRSTUV' };
  const accept = { type: 'fileUpload', action: 'accept', context, uploadInfo: PLACE };
  const unreadable = [
    undefined,
    null,
    'fileUpload',
    [],
    {},
    { ...accept, type: undefined },
    { ...accept, type: 'fileDownload' },
    { ...accept, action: undefined },
    { ...accept, action: 'maybe' },
    { ...accept, action: ['accept'] },
    { ...accept, context: undefined },
    { ...accept, context: null },
    { ...accept, context: 'offer' },
    { ...accept, context: { offer: context.offer } },
    { ...accept, context: { audio: context.audio } },
    { ...accept, context: { offer: 5, audio: {} } },
    { ...accept, action: 'decline', context: {} },
    { ...accept, uploadInfo: undefined },
    { ...accept, uploadInfo: null },
    { ...accept, uploadInfo: PLACE.uploadUrl },
    { ...accept, uploadInfo: [PLACE] },
    { ...accept, uploadInfo: {} },
    { ...accept, uploadInfo: { ...PLACE, uploadUrl: undefined } },
    { ...accept, uploadInfo: { ...PLACE, uploadUrl: 5 } },
    { ...accept, uploadInfo: { ...PLACE, uploadUrl: [PLACE.uploadUrl] } },
    { ...accept, uploadInfo: { ...PLACE, contentUrl: undefined } },
    { ...accept, uploadInfo: { ...PLACE, contentUrl: {} } },
  ];

  it('is rejected, whatever it is, and the bot keeps working', async (t) => {
    const { bot, files, offer, answered, accept, ended } = await startSavingChat(t);
    for (const value of unreadable) {
      const response = await bot.post(answered({}, { value }));
      assert.equal(response.status, 400, JSON.stringify(value));
      assert.equal(((await response.json()) as { code: string }).code, 'bad_request');
    }
    await accept(await offer());
    assert.deepEqual(await ended(), SAVED);
    assert.equal(files.asked.length, 1);
  });

  const long = 'x'.repeat(100_000);
  it('is rejected for its length', async (t) => {
    const { bot, files, offer, answered, ended } = await startSavingChat(t);
    const context = await offer();
    for (const [name, uploadInfo, change] of [
      ['the address to send it to', { ...PLACE, uploadUrl: PLACE.uploadUrl + long }],
      ['the address to find it at', { ...PLACE, contentUrl: PLACE.contentUrl + long }],
      ['the id of the offer', PLACE, { offer: long }],
      ['the id of the audio', PLACE, { audio: long }],
    ] as const) {
      const value = { action: 'accept', context: { ...context, ...change }, uploadInfo };
      assert.equal((await bot.post(answered(value))).status, 400, name);
    }
    assert.deepEqual(await ended(), ['card: consent']);
    assert.deepEqual(files.asked, []);
  });

  it('is rejected for its size before it is parsed', async (t) => {
    const { bot, files, answered, ended } = await startSavingChat(t);
    const response = await bot.post(answered({ ...accept, context: { ...context, offer: 'x'.repeat(2 ** 20) } }));
    assert.equal(response.status, 413);
    assert.deepEqual(await ended(), []);
    assert.deepEqual(files.asked, []);
  });
});

describe('a bot that is shutting down', { timeout: 30_000 }, () => {
  it('completes the file that it saves, and accepts no more clicks or consent answers', async (t) => {
    const gate = Promise.withResolvers<{ status: number }>();
    const { bot, files, offer, answered, pressed, accept, ended } = await startSavingChat(t);
    files.rule = () => gate.promise;
    const context = await offer();
    await accept(context);
    await files.whenCalls(1);
    const closed = bot.app.close();
    for (const activity of [pressed(), answered({ action: 'accept', context, uploadInfo: PLACE })]) {
      const refused = await bot.post(activity);
      assert.equal(refused.status, 503);
      assert.ok(Number(refused.headers.get('retry-after')) > 0);
    }
    gate.resolve({ status: 201 });
    await closed;
    assert.deepEqual(await ended(), SAVED);
    assert.equal(files.asked.length, 1);
  });

  for (const answer of ['hang', { status: 503, headers: { 'retry-after': '10' } }] as const) {
    it(`aborts a file that takes too long, and says so: ${JSON.stringify(answer)}`, async (t) => {
      const { bot, clock, files, offer, accept, ended } = await startSavingChat(t, { env: { DRAIN_SECONDS: '2' } });
      files.rule = () => answer;
      await accept(await offer());
      const [put] = await files.whenCalls(1);
      await clock.whenWaiting(answer === 'hang' ? 60_000 : 10_000);
      const closed = bot.app.close();
      await clock.whenWaiting(2_000);
      await clock.advance(1_999);
      assert.equal(bot.connector.calls.length, 1);
      await clock.advance(1);
      await inTime(closed);
      await put?.whenOver;
      assert.deepEqual(await ended(), ['card: consent', en.audio.notSaved, REMOVED]);
      assert.equal(files.asked.length, 1);
    });
  }
});
