import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { inTime } from '../realtime/gathered.ts';
import type { ConnectorCall, ConnectorRule } from '../support/fake-connector.ts';
import { CARD_ID, startSavingChat, UPLOAD_INFO } from '../support/file-service.ts';

const REMOVED = `DELETE ${CARD_ID}`;
const SAVED = ['card: consent', 'card: info', REMOVED];
const REFUSAL = { error: { code: 'Refused', message: 'no' } };

/** The channel accepts everything except what `refuses` matches. */
function refuse(status: number, fits: (call: ConnectorCall) => boolean): ConnectorRule {
  return (call) => (fits(call) ? { status, body: REFUSAL } : undefined);
}

describe('a declined offer', { timeout: 30_000 }, () => {
  it('is removed without saving or saying anything', async (t) => {
    const { bot, files, offer, consentActivity, closeAndListCalls } = await startSavingChat(t);
    const response = await bot.post(consentActivity({ action: 'decline', context: await offer() }));
    assert.equal(response.status, 200);
    assert.deepEqual(await closeAndListCalls(), ['card: consent', REMOVED]);
    assert.deepEqual(files.requestedUrls, []);
  });

  it('is not saved, whatever else the answer contains', async (t) => {
    const { bot, files, offer, consentActivity, closeAndListCalls } = await startSavingChat(t);
    await bot.post(consentActivity({ action: 'decline', context: await offer(), uploadInfo: UPLOAD_INFO }));
    assert.deepEqual(await closeAndListCalls(), ['card: consent', REMOVED]);
    assert.deepEqual(files.requestedUrls, []);
  });

  it('can no longer be accepted', async (t) => {
    const { bot, files, offer, consentActivity, accept, closeAndListCalls } = await startSavingChat(t);
    const context = await offer();
    await bot.post(consentActivity({ action: 'decline', context }));
    await bot.connector.when(({ method }) => method === 'DELETE');
    await accept(context);
    assert.deepEqual(await closeAndListCalls(), ['card: consent', REMOVED, en.audio.notSaved]);
    assert.deepEqual(files.requestedUrls, []);
  });

  it('is saved if it is already being saved', async (t) => {
    const gate = Promise.withResolvers<{ status: number }>();
    const { bot, files, offer, consentActivity, accept, closeAndListCalls } = await startSavingChat(t);
    files.rule = () => gate.promise;
    const context = await offer();
    await accept(context);
    await files.whenCalls(1);
    await bot.post(consentActivity({ action: 'decline', context }));
    await bot.connector.when(({ body }) => body?.text === en.audio.saving);
    gate.resolve({ status: 201 });
    assert.deepEqual(await closeAndListCalls(), ['card: consent', en.audio.saving, 'card: info', REMOVED]);
  });

  it('does not prevent a new one for the user', async (t) => {
    const { bot, offer, consentActivity, saveActivity, accept, closeAndListCalls } = await startSavingChat(t);
    await bot.post(consentActivity({ action: 'decline', context: await offer() }));
    await bot.connector.when(({ method }) => method === 'DELETE');
    await bot.post(saveActivity());
    const [, again] = await bot.connector.whenMessages(2);
    await accept(again?.body.attachments[0].content.acceptContext);
    assert.deepEqual(await closeAndListCalls(), ['card: consent', REMOVED, ...SAVED]);
  });

  it('causes no error if the channel keeps its card', async (t) => {
    const { bot, offer, consentActivity, closeAndListCalls } = await startSavingChat(t);
    const context = await offer();
    bot.connector.rule = refuse(404, ({ method }) => method === 'DELETE');
    await bot.post(consentActivity({ action: 'decline', context }));
    assert.deepEqual(await closeAndListCalls(), ['card: consent', REMOVED]);
  });
});

describe('an offer that failed and whose user could not be told', { timeout: 30_000 }, () => {
  it('may be accepted again', async (t) => {
    const { bot, files, offer, accept, closeAndListCalls } = await startSavingChat(t);
    const context = await offer();
    files.rule = (_, count) => ({ status: count === 1 ? 404 : 201 });
    bot.connector.rule = refuse(500, ({ body }) => body?.text === en.audio.notSaved);
    await accept(context);
    await inTime(bot.connector.when(({ method }) => method === 'DELETE'));
    await accept(context);
    assert.deepEqual((await closeAndListCalls()).slice(-2), ['card: info', REMOVED]);
  });

  it('is removed', async (t) => {
    const { bot, files, offer, accept, closeAndListCalls } = await startSavingChat(t);
    const context = await offer();
    files.rule = () => ({ status: 404 });
    bot.connector.rule = refuse(500, ({ body }) => body?.text === en.audio.notSaved);
    await accept(context);
    assert.deepEqual(await closeAndListCalls(), ['card: consent', en.audio.notSaved, REMOVED]);
  });
});

describe('a consent answer to an unknown offer', { timeout: 30_000 }, () => {
  for (const [name, change, text] of [
    ['of that name', { offer: 'abcdefghijklmnopqrstuv' }, en.audio.notSaved],
    ['of that audio', { audio: 'abcdefghijklmnopqrstuv' }, en.audio.gone],
  ] as const) {
    it(`${name} saves nothing`, async (t) => {
      const { bot, files, offer, consentActivity, accept, closeAndListCalls } = await startSavingChat(t);
      const context = { ...(await offer()), ...change };
      await accept(context);
      await bot.connector.whenMessages(2);
      await bot.post(consentActivity({ action: 'decline', context }));
      assert.deepEqual(await closeAndListCalls(), ['card: consent', text]);
      assert.deepEqual(files.requestedUrls, []);
    });
  }
});

describe('an invalid consent answer', { timeout: 30_000 }, () => {
  const context = { offer: 'abcdefghijklmnopqrstuv', audio: 'ABCDEFGHIJKLMNOPQRSTUV' };
  const accept = { type: 'fileUpload', action: 'accept', context, uploadInfo: UPLOAD_INFO };
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
    { ...accept, uploadInfo: UPLOAD_INFO.uploadUrl },
    { ...accept, uploadInfo: [UPLOAD_INFO] },
    { ...accept, uploadInfo: {} },
    { ...accept, uploadInfo: { ...UPLOAD_INFO, uploadUrl: undefined } },
    { ...accept, uploadInfo: { ...UPLOAD_INFO, uploadUrl: 5 } },
    { ...accept, uploadInfo: { ...UPLOAD_INFO, uploadUrl: [UPLOAD_INFO.uploadUrl] } },
    { ...accept, uploadInfo: { ...UPLOAD_INFO, contentUrl: undefined } },
    { ...accept, uploadInfo: { ...UPLOAD_INFO, contentUrl: {} } },
  ];

  it('is rejected, whatever it is, and the bot keeps working', async (t) => {
    const { bot, files, offer, consentActivity, accept, closeAndListCalls } = await startSavingChat(t);
    for (const value of unreadable) {
      const response = await bot.post(consentActivity({}, { value }));
      assert.equal(response.status, 400, JSON.stringify(value));
      assert.equal(((await response.json()) as { code: string }).code, 'bad_request');
    }
    await accept(await offer());
    assert.deepEqual(await closeAndListCalls(), SAVED);
    assert.equal(files.requestedUrls.length, 1);
  });

  const long = 'x'.repeat(100_000);
  it('is rejected for its length', async (t) => {
    const { bot, files, offer, consentActivity, closeAndListCalls } = await startSavingChat(t);
    const context = await offer();
    for (const [name, uploadInfo, change] of [
      ['the address to send it to', { ...UPLOAD_INFO, uploadUrl: UPLOAD_INFO.uploadUrl + long }],
      ['the address to find it at', { ...UPLOAD_INFO, contentUrl: UPLOAD_INFO.contentUrl + long }],
      ['the id of the offer', UPLOAD_INFO, { offer: long }],
      ['the id of the audio', UPLOAD_INFO, { audio: long }],
    ] as const) {
      const value = { action: 'accept', context: { ...context, ...change }, uploadInfo };
      assert.equal((await bot.post(consentActivity(value))).status, 400, name);
    }
    assert.deepEqual(await closeAndListCalls(), ['card: consent']);
    assert.deepEqual(files.requestedUrls, []);
  });

  it('is rejected for its size before it is parsed', async (t) => {
    const { bot, files, consentActivity, closeAndListCalls } = await startSavingChat(t);
    const response = await bot.post(
      consentActivity({ ...accept, context: { ...context, offer: 'x'.repeat(2 ** 20) } }),
    );
    assert.equal(response.status, 413);
    assert.deepEqual(await closeAndListCalls(), []);
    assert.deepEqual(files.requestedUrls, []);
  });
});

describe('a bot that is shutting down', { timeout: 30_000 }, () => {
  it('completes the file that it saves, and accepts no more clicks or consent answers', async (t) => {
    const gate = Promise.withResolvers<{ status: number }>();
    const { bot, files, offer, consentActivity, saveActivity, accept, closeAndListCalls } = await startSavingChat(t);
    files.rule = () => gate.promise;
    const context = await offer();
    await accept(context);
    await files.whenCalls(1);
    const closed = bot.app.close();
    for (const activity of [saveActivity(), consentActivity({ action: 'accept', context, uploadInfo: UPLOAD_INFO })]) {
      const refused = await bot.post(activity);
      assert.equal(refused.status, 503);
      assert.ok(Number(refused.headers.get('retry-after')) > 0);
    }
    gate.resolve({ status: 201 });
    await closed;
    assert.deepEqual(await closeAndListCalls(), SAVED);
    assert.equal(files.requestedUrls.length, 1);
  });

  for (const answer of ['hang', { status: 503, headers: { 'retry-after': '10' } }] as const) {
    it(`aborts a file that takes too long, and says so: ${JSON.stringify(answer)}`, async (t) => {
      const { bot, clock, files, offer, accept, closeAndListCalls } = await startSavingChat(t, {
        env: { DRAIN_SECONDS: '2' },
      });
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
      assert.deepEqual(await closeAndListCalls(), ['card: consent', en.audio.notSaved, REMOVED]);
      assert.equal(files.requestedUrls.length, 1);
    });
  }
});
