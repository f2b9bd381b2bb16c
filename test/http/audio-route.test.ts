import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { assertRefusal } from './raw-request.ts';

const PCM = Buffer.from(Array.from({ length: 4_800 }, (_, index) => index % 251));
const spoken = { outputs: [{ text: 'Hi there', pcm: PCM }], ending: { kind: 'completed' } } as const;

async function urlOfReply(bot: BotUnderTest): Promise<string> {
  await bot.says('hello');
  const [reply] = await bot.connector.whenMessages(1);
  return reply?.body.attachments[0].contentUrl;
}

describe('GET /audio/<id>.wav', () => {
  let bot: BotUnderTest;
  let url: string;
  let whole: Buffer;
  let etag: string;

  before(async () => {
    bot = await startBot({ turns: [spoken] });
    url = await urlOfReply(bot);
    const response = await fetch(url);
    whole = Buffer.from(await response.arrayBuffer());
    etag = response.headers.get('etag') ?? '';
  });

  after(() => bot.close());

  function get(headers: Record<string, string>, method = 'GET'): Promise<Response> {
    return fetch(url, { method, headers });
  }

  async function assertPart(headers: Record<string, string>, start: number, end: number): Promise<void> {
    const response = await get(headers);
    assert.equal(response.status, 206);
    assert.equal(response.headers.get('content-range'), `bytes ${start}-${end}/${whole.length}`);
    assert.equal(response.headers.get('content-length'), String(end - start + 1));
    assert.equal(response.headers.get('content-type'), 'audio/wav');
    assert.equal(response.headers.get('etag'), etag);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(whole.subarray(start, end + 1)));
  }

  async function assertWhole(headers: Record<string, string>): Promise<void> {
    const response = await get(headers);
    assert.equal(response.status, 200);
    assert.equal(response.headers.has('content-range'), false);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(whole));
  }

  it('serves the whole WAV with the headers that a player and a cache need', async () => {
    const response = await get({});
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'audio/wav');
    assert.equal(response.headers.get('content-length'), String(44 + PCM.length));
    assert.equal(response.headers.get('accept-ranges'), 'bytes');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.match(response.headers.get('cache-control') ?? '', /^private, max-age=(86400|86399)\b/);
    assert.match(etag, /^"[\w-]{22,}"$/);
    assert.equal(Buffer.from(await response.arrayBuffer()).toString('latin1', 0, 4), 'RIFF');
  });

  it('has an id that cannot be guessed', () => {
    assert.match(new URL(url).pathname, /^\/audio\/[\w-]{22}\.[0-9a-z]+\.[\w-]{22}\.wav$/);
  });

  it('serves one range', () => assertPart({ range: 'bytes=0-99' }, 0, 99));
  it('serves one byte', () => assertPart({ range: 'bytes=44-44' }, 44, 44));
  it('serves a range without an end', () => assertPart({ range: 'bytes=100-' }, 100, whole.length - 1));
  it('serves the last bytes', () => assertPart({ range: 'bytes=-500' }, whole.length - 500, whole.length - 1));
  it('serves no bytes beyond the end', () => assertPart({ range: 'bytes=4000-999999' }, 4000, whole.length - 1));
  it('serves a range for an If-Range with the current version', () =>
    assertPart({ range: 'bytes=0-9', 'if-range': etag }, 0, 9));
  it('serves everything for an If-Range with another version', () =>
    assertWhole({ range: 'bytes=0-9', 'if-range': '"other"' }));
  it('serves everything for an If-Range with a date', () =>
    assertWhole({ range: 'bytes=0-9', 'if-range': new Date().toUTCString() }));
  it('serves everything for several ranges', () => assertWhole({ range: 'bytes=0-9,100-109' }));
  it('serves everything for an unknown range unit', () => assertWhole({ range: 'seconds=0-1' }));
  it('serves everything for an invalid range', () => assertWhole({ range: 'nonsense' }));
  it('serves everything if the client has another version', () => assertWhole({ 'if-none-match': '"other"' }));

  for (const range of ['bytes=999999-', 'bytes=5000000-5000001']) {
    it(`answers ${range} with 416 and the length`, async () => {
      const response = await get({ range });
      assert.equal(response.status, 416);
      assert.equal(response.headers.get('content-range'), `bytes */${whole.length}`);
      assert.equal((await response.arrayBuffer()).byteLength, 0);
    });
  }

  for (const [name, tags] of Object.entries({ its: '', any: '*', 'a weak': 'W/', 'one of several': '"other", ' })) {
    it(`answers 304 for ${name} tag`, async () => {
      const response = await get({ 'if-none-match': tags === '*' ? '*' : `${tags}${etag}` });
      assert.equal(response.status, 304);
      assert.equal(response.headers.get('etag'), etag);
      assert.equal(await response.text(), '');
    });
  }

  it('answers HEAD like GET, without the body', async () => {
    const response = await get({}, 'HEAD');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-length'), String(whole.length));
    assert.equal(response.headers.get('content-type'), 'audio/wav');
    assert.equal(response.headers.get('etag'), etag);
    assert.equal((await response.arrayBuffer()).byteLength, 0);
  });

  it('is identical for repeated and concurrent requests', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, async () => (await get({})).arrayBuffer()));
    for (const one of all) assert.ok(Buffer.from(one).equals(whole));
  });

  for (const [name, change] of Object.entries<(path: string) => string>({
    'an unknown id': (path) => path.replace(/.{4}\.wav$/, 'AAAA.wav'),
    'an id in other letters': (path) => path.toUpperCase().replace('/AUDIO', '/audio').replace('.WAV', '.wav'),
    'the id and more': (path) => path.replace('.wav', 'A.wav'),
    'an id that is too short': () => '/audio/abc.wav',
  })) {
    it(`answers 404 for ${name}`, async () => {
      const { origin, pathname } = new URL(url);
      const response = await fetch(`${origin}${change(pathname)}`);
      assert.equal(response.status, 404);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assertRefusal(await response.text(), 'not_found');
    });
  }
});

describe('expired audio', () => {
  it('is not served from the moment of its expiry', async (t) => {
    const clock = new ManualClock();
    const bot = await startBot({ turns: [spoken], env: { AUDIO_RETENTION_HOURS: '2' }, deps: { clock } });
    t.after(() => bot[Symbol.asyncDispose]());
    const url = await urlOfReply(bot);

    await clock.advance(2 * 3_600_000 - 1);
    assert.equal((await fetch(url)).status, 200);
    await clock.advance(1);
    assert.equal((await fetch(url)).status, 404);
    assert.equal((await fetch(url, { method: 'HEAD' })).status, 404);
  });

  it('may be cached for as long as it is served', async (t) => {
    const bot = await startBot({ turns: [spoken], env: { AUDIO_RETENTION_HOURS: '2' } });
    t.after(() => bot[Symbol.asyncDispose]());
    const response = await fetch(await urlOfReply(bot));
    assert.match(response.headers.get('cache-control') ?? '', /\bmax-age=(7200|7199)\b/);
  });
});
