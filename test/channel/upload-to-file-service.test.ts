import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { uploadToFileService } from '../../src/channel/upload-to-file-service.ts';
import { en } from '../../src/messages/en.ts';
import { inTime } from '../realtime/gathered.ts';
import { CARD_ID, type FileService, startFileService, startSavingChat, UPLOAD_INFO } from '../support/file-service.ts';
import { ManualClock } from '../support/manual-clock.ts';

const SAVED = ['card: consent', 'card: info', `DELETE ${CARD_ID}`];
const NOT_SAVED = ['card: consent', en.audio.notSaved, `DELETE ${CARD_ID}`];
const OTHER_URL = 'https://contoso.sharepoint.com/sites/x/_api/uploadSession?guid=2';
const TRY_LIMIT_MS = 60_000;
const BYTES = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251));

interface Upload {
  readonly files: FileService;
  readonly clock: ManualClock;
  /** Settles with the upload; rejects with its error. */
  readonly done: Promise<void>;
}

/** An uploadToFileService to a file service that answers by this rule. */
async function uploading(
  t: TestContext,
  rule: FileService['rule'],
  uploadUrl = UPLOAD_INFO.uploadUrl,
): Promise<Upload> {
  const files = await startFileService();
  t.after(() => files[Symbol.asyncDispose]());
  files.rule = rule;
  const clock = new ManualClock();
  const done = inTime(
    uploadToFileService(uploadUrl, BYTES, new AbortController().signal, { clock, fetch: files.fetch }),
  );
  done.catch(() => {});
  return { files, clock, done };
}

/** Rejects with this code, and without the secret in the address. */
async function assertFails(done: Promise<void>, code: string): Promise<void> {
  await assert.rejects(done, (error: Error & { code?: string }) => {
    assert.equal(error.code, code);
    assert.doesNotMatch(String(error.stack), /a-secret/);
    return true;
  });
}

const redirect = (location: string, status = 307) => ({ status, headers: { location } });

describe('an accepted file', { timeout: 60_000 }, () => {
  it("is sent in one piece to the address that Teams named, without the bot's token", async (t) => {
    const { bot, files, wav, offer, accept, closeAndListCalls } = await startSavingChat(t);
    await accept(await offer());
    assert.deepEqual(await closeAndListCalls(), SAVED);
    const [put, ...more] = files.calls;
    assert.deepEqual(more, []);
    assert.equal(put?.method, 'PUT');
    assert.equal(put.url, UPLOAD_INFO.uploadUrl);
    assert.ok(put.body.equals(wav), 'it is the audio behind the link');
    assert.equal(put.headers['content-range'], `bytes 0-${wav.length - 1}/${wav.length}`);
    assert.equal(put.headers['content-length'], String(wav.length));
    assert.equal(put.headers['transfer-encoding'], undefined);
    assert.equal(put.headers.authorization, undefined);
    assert.equal(put.headers.cookie, undefined);
    assert.doesNotMatch(JSON.stringify(bot.logs), /a-secret/);
  });

  it('is reported to the user if it cannot be saved, and may be offered again', async (t) => {
    const { bot, files, offer, saveActivity, accept, closeAndListCalls } = await startSavingChat(t);
    files.rule = (_, count) => ({ status: count === 1 ? 404 : 201 });
    await accept(await offer());
    await bot.connector.when(({ method }) => method === 'DELETE');
    await bot.post(saveActivity());
    const [, , again] = await bot.connector.whenMessages(3);
    await accept(again?.body.attachments[0].content.acceptContext);
    assert.deepEqual(await closeAndListCalls(), [...NOT_SAVED, ...SAVED]);
    assert.doesNotMatch(JSON.stringify(bot.logs), /a-secret/);
  });

  for (const host of [
    'contoso.sharepoint.com',
    'CONTOSO-MY.SharePoint.com',
    'eastus1-mediap.svc.ms',
    'contoso.sharepoint.us',
    'contoso.sharepoint-mil.us',
    'api.onedrive.com',
    'onedrive.live.com',
  ]) {
    it(`may be sent to ${host}`, async (t) => {
      const { done, files } = await uploading(t, () => ({ status: 200 }), `https://${host}:443/upload`);
      await done;
      assert.equal(files.calls.length, 1);
    });
  }

  it('is sent to the host that was checked, however the address is written', async (t) => {
    const { done, files } = await uploading(
      t,
      () => ({ status: 201 }),
      'https://x.sharepoint.com\\@evil.example/upload',
    );
    await done;
    assert.deepEqual(files.requestedUrls, ['https://x.sharepoint.com/@evil.example/upload']);
  });

  it('is saved even if the body of the response never ends', async (t) => {
    await (await uploading(t, () => 'endless')).done;
  });
});

describe('an address outside the file service', { timeout: 60_000 }, () => {
  for (const uploadUrl of [
    'http://contoso-my.sharepoint.com/upload',
    'https://evil.example/upload',
    'https://evil.example/https://contoso.sharepoint.com',
    'https://evil.example?.sharepoint.com',
    'https://evil.example#.sharepoint.com',
    'https://sharepoint.com.evil.example/upload',
    'https://evilsharepoint.com/upload',
    'https://user@x.sharepoint.com/upload',
    'https://x.sharepoint.com:password@evil.example/upload',
    'https://:password@x.sharepoint.com/upload',
    'https://x.sharepoint.com:8443/upload',
    'https://x.sharepoint.com:80/upload',
    'https://127.0.0.1/upload',
    'https://[::1]/upload',
    'https://169.254.169.254/metadata',
    'https://localhost/upload',
    'file:///etc/passwd',
    'data:text/plain,sharepoint.com',
    '//x.sharepoint.com/upload',
    '/upload',
    'nonsense',
    '',
  ]) {
    it(`gets nothing: ${JSON.stringify(uploadUrl)}`, async (t) => {
      const { files, done } = await uploading(t, () => ({ status: 201 }), uploadUrl);
      await assertFails(done, 'untrusted_upload_host');
      assert.deepEqual(files.requestedUrls, []);
    });
  }
});

describe('a redirect of the file service', { timeout: 60_000 }, () => {
  for (const status of [301, 302, 307, 308]) {
    it(`is followed with the whole file to another of its hosts: ${status}`, async (t) => {
      const { files, done } = await uploading(t, (_, count) =>
        count === 1 ? redirect(OTHER_URL, status) : { status: 201 },
      );
      await done;
      assert.deepEqual(
        files.calls.map(({ method, url }) => [method, url]),
        [
          ['PUT', UPLOAD_INFO.uploadUrl],
          ['PUT', OTHER_URL],
        ],
      );
      const [, second] = files.calls;
      assert.ok(second?.body.equals(BYTES));
      assert.equal(second?.headers['content-range'], `bytes 0-${BYTES.length - 1}/${BYTES.length}`);
    });
  }

  it('may be relative to the address that sent it', async (t) => {
    const steps = [redirect(OTHER_URL), redirect('../next?guid=3')];
    const { files, done } = await uploading(t, (_, count) => steps[count - 1] ?? { status: 201 });
    await done;
    assert.equal(files.calls.at(-1)?.url, 'https://contoso.sharepoint.com/sites/x/next?guid=3');
  });

  for (const location of [
    'https://evil.example/upload',
    'http://contoso.sharepoint.com/upload',
    '//evil.example/upload',
    'https://contoso.sharepoint.com:8443/upload',
    'https://user@contoso.sharepoint.com/upload',
    'https://127.0.0.1/upload',
    'https://[nonsense',
  ]) {
    it(`is not followed to any other host: ${location}`, async (t) => {
      const { files, done } = await uploading(t, () => redirect(location));
      await assertFails(done, 'untrusted_upload_host');
      assert.deepEqual(files.requestedUrls, [UPLOAD_INFO.uploadUrl]);
    });
  }

  it('is given up if it loops', async (t) => {
    const { files, done } = await uploading(t, ({ url }) =>
      redirect(url === OTHER_URL ? UPLOAD_INFO.uploadUrl : OTHER_URL, 308),
    );
    await assertFails(done, 'upload_refused');
    assert.equal(files.requestedUrls.length, 4);
  });

  it('is not followed if it changes the method', async (t) => {
    const { files, done } = await uploading(t, () => redirect(OTHER_URL, 303));
    await assertFails(done, 'upload_refused');
    assert.equal(files.requestedUrls.length, 1);
  });
});

describe('a failure of the file service', { timeout: 60_000 }, () => {
  const refusal = (status: number, after?: string) => ({
    status,
    ...(after === undefined ? {} : { headers: { 'retry-after': after } }),
  });

  for (const [name, answer, waitMs] of [
    ['500', refusal(500), 1_000],
    ['502', refusal(502), 1_000],
    ['503', refusal(503), 1_000],
    ['504', refusal(504), 1_000],
    ['429 with a wish for 7 seconds', refusal(429, '7'), 7_000],
    ['503 with a wish for an hour', refusal(503, '3600'), 15_000],
    ['429 with a wish that cannot be read', refusal(429, 'soon'), 1_000],
  ] as const) {
    it(`is waited out, and the whole file is sent again: ${name}`, async (t) => {
      const { files, clock, done } = await uploading(t, (_, count) => (count === 1 ? answer : { status: 201 }));
      await files.whenCalls(1);
      await clock.whenWaiting(waitMs);
      await clock.advance(waitMs - 1);
      assert.equal(files.requestedUrls.length, 1);
      await clock.advance(1);
      await files.whenCalls(2);
      await done;
      assert.equal(files.calls[1]?.url, UPLOAD_INFO.uploadUrl);
      assert.ok(files.calls[1].body.equals(BYTES));
      assert.equal(files.requestedUrls.length, 2);
    });
  }

  it('is given up after three attempts', async (t) => {
    const { files, clock, done } = await uploading(t, () => refusal(503));
    for (const waitMs of [1_000, 2_000]) {
      await clock.whenWaiting(waitMs);
      await clock.advance(waitMs);
    }
    await assertFails(done, 'upload_refused');
    assert.equal(files.calls.length, 3);
  });

  for (const status of [202, 204, 304, 400, 401, 403, 404, 409, 410, 412, 413, 416, 501, 507]) {
    it(`is not retried if it is permanent: ${status}`, async (t) => {
      const { files, done } = await uploading(t, () => ({ status }));
      await assertFails(done, 'upload_refused');
      assert.equal(files.requestedUrls.length, 1);
    });
  }

  it('is reported if it breaks the connection', async (t) => {
    const { files, done } = await uploading(t, () => 'reset');
    await assertFails(done, 'upload_failed');
    assert.equal(files.requestedUrls.length, 1);
  });

  it('is given up after a minute if there is no response', async (t) => {
    const { files, clock, done } = await uploading(t, () => 'hang');
    const [put] = await files.whenCalls(1);
    await clock.whenWaiting(TRY_LIMIT_MS);
    await clock.advance(TRY_LIMIT_MS - 1);
    assert.equal(files.requestedUrls.length, 1);
    await clock.advance(1);
    await put?.whenOver;
    await assertFails(done, 'upload_failed');
    assert.equal(files.requestedUrls.length, 1);
  });

  it('leaves no timer behind once the file is saved', async (t) => {
    const { clock, done } = await uploading(t, () => ({ status: 201 }));
    await done;
    assert.deepEqual(clock.waiting, []);
  });
});
