import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TEAMS_LIBRARY_PATH } from '../../src/http/pages/teams-library.ts';
import { messagesFor } from '../../src/messages/messages.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { assertRefusal, assertTellsNothing, rawRequest } from './raw-request.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const en = messagesFor('en');
const de = messagesFor('de');
const SECONDS = 6;
const PCM = Buffer.alloc(SECONDS * 48_000, 7);

function spoken(text: string) {
  return { outputs: [{ text, pcm: PCM }], ending: { kind: 'completed' } } as const;
}

/** Sends a message; resolves with the address of the answer's page. */
async function pageOfReply(bot: BotUnderTest, fields: Record<string, unknown> = {}): Promise<string> {
  const before = bot.connector.messages.length;
  await bot.says('hello', fields);
  const reply = (await bot.connector.whenMessages(before + 1)).at(-1);
  return String(reply?.body.attachments[0].contentUrl).replace(/\.wav$/, '');
}

function directives(response: Response): Map<string, string> {
  const policy = response.headers.get('content-security-policy') ?? '';
  return new Map(
    policy.split('; ').map((directive) => {
      const space = directive.indexOf(' ');
      return [directive.slice(0, space), directive.slice(space + 1)];
    }),
  );
}

function nonceOf(response: Response): string {
  return /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1] ?? '';
}

function assertGuarded(response: Response): void {
  const { headers } = response;
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(headers.get('cache-control'), 'private, no-store');
  assert.equal(headers.get('referrer-policy'), 'no-referrer');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('x-robots-tag'), 'noindex, nofollow');
  assert.equal(headers.has('x-frame-options'), false);
  const nonce = nonceOf(response);
  assert.equal(Buffer.from(nonce, 'base64').byteLength, 16);
  assert.deepEqual(Object.fromEntries(directives(response)), {
    'default-src': "'none'",
    'script-src': `'nonce-${nonce}'`,
    'style-src': `'nonce-${nonce}'`,
    'media-src': "'self'",
    'img-src': 'data:',
    'connect-src': 'https://res.cdn.office.net',
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors':
      'https://*.cloud.microsoft https://teams.microsoft.com https://*.teams.microsoft.com https://*.microsoft365.com https://*.office.com https://teams.microsoft.us https://*.teams.microsoft.us https://*.office365.us',
  });
}

async function assertNotFound(url: string, messages = en, language = 'en'): Promise<void> {
  const response = await fetch(url, { headers: { 'accept-language': language } });
  assert.equal(response.status, 404);
  assertGuarded(response);
  const html = await response.text();
  assert.ok(html.includes(`<html lang="${messages.language}">`));
  assert.ok(html.includes(`<h1>${messages.player.notFoundTitle}</h1>`));
  assert.ok(html.includes(messages.audio.gone));
  assert.doesNotMatch(html, /<audio|<script/);
  assertTellsNothing(html);
}

describe('GET /audio/<link>', () => {
  let bot: BotUnderTest;
  let url: string;
  let html: string;
  let response: Response;

  before(async () => {
    bot = await startBot({ turns: [spoken('Hi there.\n\nHow are you?')] });
    url = await pageOfReply(bot);
    response = await fetch(url);
    html = await response.text();
  });

  after(() => bot.close());

  it('serves a page that loads only its own resources and that only Teams may frame', () => {
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-length'), String(Buffer.byteLength(html)));
    assertGuarded(response);
  });

  it('allows its own scripts by a nonce that is new in each response', async () => {
    const nonces = [...html.matchAll(/<(script|style)\b([^>]*)>/g)].map(([, , attributes = '']) =>
      /\bnonce="([^"]+)"/.exec(attributes)?.at(1),
    );
    assert.deepEqual(new Set(nonces), new Set([nonceOf(response)]));
    assert.doesNotMatch(html, /<[^>]+\s(style|on\w+)=/);
    const others = await Promise.all(Array.from({ length: 20 }, async () => nonceOf(await fetch(url))));
    assert.equal(new Set([...others, nonceOf(response)]).size, 21);
  });

  it('has the audio, the controls and the transcript, and nothing from other hosts', async () => {
    const link = new URL(url).pathname.slice('/audio/'.length);
    assert.ok(html.includes(`<audio id="audio" preload="auto" src="${link}.wav"></audio>`));
    assert.ok(html.includes(`<noscript><audio controls src="${link}.wav"></audio></noscript>`));
    assert.ok(html.includes('<html lang="en">') && html.includes(`<title>${en.audioTitle}</title>`));
    assert.ok(html.includes(`max="${SECONDS}"`) && html.includes('data-of="{position} of 0:06"'));
    assert.ok(html.includes('>Hi there.\n\nHow are you?</p>'));
    assert.doesNotMatch(html, /\b(src|href|data-library)="(https?:)?\/\//);
    assert.equal((await fetch(new URL(`${link}.wav`, url))).headers.get('content-type'), 'audio/wav');
    const library = /data-library="([^"]+)"/.exec(html)?.[1] ?? '';
    assert.equal(new URL(library, url).pathname, TEAMS_LIBRARY_PATH);
  });

  it('answers HEAD like GET, without the body', async () => {
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assertGuarded(head);
    assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(html)));
    assert.equal(await head.text(), '');
    const gone = await rawRequest(bot.url, 'HEAD', '/audio/nothing');
    assert.equal(gone.status, 404);
    assert.equal(gone.body, '');
  });

  it('answers POST with 405', async () => {
    const post = await fetch(url, { method: 'POST' });
    assert.equal(post.status, 405);
    assert.equal(post.headers.get('allow'), 'GET, HEAD');
    assertRefusal(await post.text(), 'method_not_allowed');
  });

  it("says politely that there is no audio, in the browser's language", async () => {
    const page = `${bot.url}/audio/nothing`;
    await assertNotFound(page);
    await assertNotFound(page, de, 'de-AT,de;q=0.9,en;q=0.8');
    await assertNotFound(page, de, 'de;q=0.9');
    await assertNotFound(page, en, 'tlh, de');
    await assertNotFound(page, en, '*');
    await assertNotFound(page, en, '"><script>');
  });

  for (const [name, change] of Object.entries<(link: string) => string>({
    'a forged signature': (link) => `${link.slice(0, -4)}AAAA`,
    'a later end than was signed': (link) => link.replace(/\.\w+\./, '.zzzzzz.'),
    'an unknown id': (link) => `AAAA${link.slice(4)}`,
    'more after it': (link) => `${link}A`,
    'another ending': (link) => `${link}.mp3`,
    'markup in it': () => '%22%3E%3Cscript%3E',
  })) {
    it(`serves no page for a link with ${name}`, async () => {
      await assertNotFound(`${bot.url}/audio/${change(new URL(url).pathname.slice('/audio/'.length))}`);
    });
  }
});

describe('the player page of a turn', () => {
  it('shows a hostile transcript as text', async (t) => {
    const hostile = `</p></script><script>alert(1)</script><img src=x onerror="alert('2')">&amp;\u202E`;
    const bot = await startBot({ turns: [spoken(hostile)] });
    t.after(() => bot.close());
    const html = await (await fetch(await pageOfReply(bot))).text();
    assert.ok(
      html.includes(
        '>&lt;/p&gt;&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;' +
          '&lt;img src=x onerror=&quot;alert(&#39;2&#39;)&quot;&gt;&amp;amp;\u202E</p>',
      ),
    );
    assert.equal(html.match(/<script/g)?.length, 2);
    assert.doesNotMatch(html, /<img/);
  });

  it('has no transcript for an answer that is only audio', async (t) => {
    const silent = { outputs: [{ text: '', pcm: PCM, transcript: false }], ending: { kind: 'completed' } } as const;
    const bot = await startBot({ turns: [silent] });
    t.after(() => bot.close());
    const html = await (await fetch(await pageOfReply(bot))).text();
    assert.doesNotMatch(html, /<h2|<section/);
    assert.match(html, /id="toggle"/);
  });

  it('is in the language of the user who got the answer', async (t) => {
    const bot = await startBot({ turns: [spoken('Guten Tag')] });
    t.after(() => bot.close());
    const url = await pageOfReply(bot, { locale: 'de-DE' });
    const html = await (await fetch(url, { headers: { 'accept-language': 'en' } })).text();
    assert.ok(html.includes('<html lang="de">'));
    for (const text of [de.audioTitle, de.player.play, de.player.pause, de.player.playAgain, de.player.transcript]) {
      assert.ok(html.includes(text), text);
    }
    assert.ok(html.includes('{position} von 0:06'));
  });

  it('is not served for the signature of another answer', async (t) => {
    const bot = await startBot({ turns: [spoken('one'), spoken('two')] });
    t.after(() => bot.close());
    const [one, two] = [await pageOfReply(bot), await pageOfReply(bot)];
    const [id] = one.slice(one.lastIndexOf('/') + 1).split('.');
    const [, ...rest] = two.slice(two.lastIndexOf('/') + 1).split('.');
    await assertNotFound(`${bot.url}/audio/${[id, ...rest].join('.')}`);
    assert.equal((await fetch(two)).status, 200);
  });

  it('expires with its link', async (t) => {
    const clock = new ManualClock();
    const bot = await startBot({ turns: [spoken('Hi')], env: { AUDIO_RETENTION_HOURS: '2' }, deps: { clock } });
    t.after(() => bot.close());
    const url = await pageOfReply(bot);
    await clock.advance(2 * 3_600_000 - 1_000);
    assert.equal((await fetch(url)).status, 200);
    await clock.advance(1_000);
    await assertNotFound(url);
  });
});

describe('the Teams client library', () => {
  let bot: BotUnderTest;
  const installed = readFileSync(`${root}node_modules/@microsoft/teams-js/dist/umd/MicrosoftTeams.min.js`);

  before(async () => {
    bot = await startBot();
  });

  after(() => bot.close());

  it('is served by the bot under its version, and may be cached forever', async () => {
    const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    assert.equal(TEAMS_LIBRARY_PATH, `/assets/teams-js-${dependencies['@microsoft/teams-js']}.min.js`);
    for (let time = 1; time <= 2; time++) {
      const response = await fetch(bot.url + TEAMS_LIBRARY_PATH);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'text/javascript; charset=utf-8');
      assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(response.headers.get('content-length'), String(installed.byteLength));
      assert.ok(installed.equals(Buffer.from(await response.arrayBuffer())));
    }
  });

  it('answers HEAD like GET, without the body, and POST with 405', async () => {
    const head = await rawRequest(bot.url, 'HEAD', TEAMS_LIBRARY_PATH);
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), String(installed.byteLength));
    assert.equal(head.body, '');
    assert.equal((await rawRequest(bot.url, 'POST', TEAMS_LIBRARY_PATH)).status, 405);
  });

  it('is the only file under /assets', async () => {
    for (const target of ['/assets', '/assets/', '/assets/teams-js-1.0.0.min.js', `${TEAMS_LIBRARY_PATH}.map`]) {
      assert.equal((await rawRequest(bot.url, 'GET', target)).status, 404, target);
    }
  });
});
