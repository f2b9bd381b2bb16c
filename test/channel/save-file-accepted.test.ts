import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { de } from '../../src/messages/de.ts';
import { en } from '../../src/messages/en.ts';
import type { ConnectorCall, ConnectorRule } from '../support/fake-connector.ts';
import { CARD_ID, startSavingChat, UPLOAD_INFO } from '../support/file-service.ts';

const HOUR_MS = 3_600_000;
const REMOVED = `DELETE ${CARD_ID}`;
const SAVED = ['card: consent', 'card: info', REMOVED];
const ELSEWHERE = { conversation: { id: 'personal-2', conversationType: 'personal' } };
const REFUSAL = { error: { code: 'Refused', message: 'no' } };

/** The channel accepts everything except what `refuses` matches. */
function refuse(status: number, fits: (call: ConnectorCall) => boolean): ConnectorRule {
  return (call) => (fits(call) ? { status, body: REFUSAL } : undefined);
}

function assertNothingBroke(logs: readonly Record<string, unknown>[]): void {
  assert.deepEqual(
    logs.filter(({ level }) => ['warn', 'error', 'fatal'].includes(String(level))),
    [],
  );
}

describe('an accepted offer', { timeout: 30_000 }, () => {
  it('is accepted at once, saved, shown as a file, and removed', async (t) => {
    const gate = Promise.withResolvers<{ status: number }>();
    const { bot, files, wav, offer, accept, closeAndListCalls } = await startSavingChat(t);
    files.rule = () => gate.promise;
    await accept(await offer());
    const [put] = await files.whenCalls(1);
    assert.ok(put?.body.equals(wav));
    assert.equal(bot.connector.calls.length, 1);
    gate.resolve({ status: 201 });
    assert.deepEqual(await closeAndListCalls(), SAVED);
    const [, shown, removed] = bot.connector.calls;
    const { contentUrl, name, uniqueId, fileType } = UPLOAD_INFO;
    const contentType = 'application/vnd.microsoft.teams.card.file.info';
    assert.deepEqual(shown?.body.attachments, [{ contentType, contentUrl, name, content: { uniqueId, fileType } }]);
    assert.equal(removed?.path, `/v3/conversations/personal-1/activities/${CARD_ID}`);
    assert.equal(bot.script.contexts.length, 1);
  });

  it('is saved once if it is delivered twice, at the same time or later', async (t) => {
    const { bot, files, offer, accept, closeAndListCalls } = await startSavingChat(t);
    const context = await offer();
    const again = { id: 'the-same' };
    await Promise.all([accept(context, UPLOAD_INFO, again), accept(context, UPLOAD_INFO, again)]);
    await bot.connector.when(({ method }) => method === 'DELETE');
    await accept(context, UPLOAD_INFO, again);
    assert.deepEqual(await closeAndListCalls(), SAVED);
    assert.equal(files.requestedUrls.length, 1);
  });

  it('is saved once and answered politely if it is accepted again while it is being saved', async (t) => {
    const gate = Promise.withResolvers<{ status: number }>();
    const { bot, files, offer, accept, closeAndListCalls } = await startSavingChat(t);
    files.rule = () => gate.promise;
    const context = await offer();
    await accept(context);
    await files.whenCalls(1);
    await accept(context);
    await bot.connector.when(({ body }) => body?.text === en.audio.saving);
    gate.resolve({ status: 201 });
    const [offered, ...saved] = SAVED;
    assert.deepEqual(await closeAndListCalls(), [offered, en.audio.saving, ...saved]);
    assert.equal(files.requestedUrls.length, 1);
  });

  it('is answered politely if it is accepted again after it was saved', async (t) => {
    const { bot, files, offer, accept, closeAndListCalls } = await startSavingChat(t);
    const context = await offer();
    await accept(context);
    await bot.connector.when(({ method }) => method === 'DELETE');
    await accept(context);
    assert.deepEqual(await closeAndListCalls(), [...SAVED, en.audio.savedBefore, REMOVED]);
    assert.equal(files.requestedUrls.length, 1);
  });

  it('is answered politely if its audio has expired since', async (t) => {
    const { files, clock, offer, accept, closeAndListCalls } = await startSavingChat(t, {
      env: { AUDIO_RETENTION_HOURS: '1' },
    });
    const context = await offer();
    await clock.advance(HOUR_MS);
    await accept(context);
    assert.deepEqual(await closeAndListCalls(), ['card: consent', en.audio.gone]);
    assert.deepEqual(files.requestedUrls, []);
  });

  it('saves nothing in another conversation and stays open in its own', async (t) => {
    const { bot, files, offer, accept, closeAndListCalls } = await startSavingChat(t);
    const context = await offer();
    await accept(context, UPLOAD_INFO, ELSEWHERE);
    await bot.connector.when(({ path }) => path.includes('/personal-2/'));
    assert.deepEqual(files.requestedUrls, []);
    assert.equal(bot.connector.calls[1]?.body.text, en.audio.gone);
    await accept(context);
    assert.deepEqual((await closeAndListCalls()).slice(-2), ['card: info', REMOVED]);
    assert.equal(files.requestedUrls.length, 1);
  });

  it('gets an answer in German when it cannot be saved', async (t) => {
    const { files, offer, accept, closeAndListCalls } = await startSavingChat(t);
    files.rule = () => ({ status: 404 });
    await accept(await offer(), UPLOAD_INFO, { locale: 'de' });
    assert.deepEqual(await closeAndListCalls(), ['card: consent', de.audio.notSaved, REMOVED]);
  });

  it('is saved even without the id of its card', async (t) => {
    const { bot, offer, accept, closeAndListCalls } = await startSavingChat(t);
    await accept(await offer(), UPLOAD_INFO, { replyToId: undefined });
    assert.deepEqual(await closeAndListCalls(), ['card: consent', 'card: info']);
    assertNothingBroke(bot.logs);
  });

  for (const status of [400, 403, 404, 405]) {
    it(`is saved although the channel keeps its card: ${status}`, async (t) => {
      const { bot, files, offer, accept, closeAndListCalls } = await startSavingChat(t);
      bot.connector.rule = refuse(status, ({ method }) => method === 'DELETE');
      const context = await offer();
      await accept(context);
      await bot.connector.when(({ method }) => method === 'DELETE');
      await accept(context);
      assert.deepEqual(await closeAndListCalls(), [...SAVED, en.audio.savedBefore, REMOVED]);
      assert.equal(files.requestedUrls.length, 1);
      const kept = bot.logs.filter(({ msg }) => msg === 'file offer not removed');
      assert.equal(kept.length, 2);
      assertNothingBroke(bot.logs.filter((line) => !kept.includes(line)));
    });

    it(`is confirmed by a text if the channel rejects the file's card: ${status}`, async (t) => {
      const { bot, files, offer, accept, closeAndListCalls } = await startSavingChat(t);
      const context = await offer();
      bot.connector.rule = refuse(status, ({ body }) => body?.attachments !== undefined);
      await accept(context);
      assert.deepEqual(await closeAndListCalls(), ['card: consent', 'card: info', en.audio.saved, REMOVED]);
      assert.equal(files.requestedUrls.length, 1);
    });
  }
});
