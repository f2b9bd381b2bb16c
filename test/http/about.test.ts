import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config/config.ts';
import type { AboutSettings } from '../../src/http/pages/about.ts';
import { escaped } from '../../src/http/pages/page.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createLogger } from '../../src/log.ts';
import { messagesFor } from '../../src/messages/messages.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { TEST_BUILD } from '../support/build.ts';
import { noRecordings } from '../support/no-recordings.ts';
import { emptyAudioStore } from '../support/stored-audio.ts';
import { assertRefusal, assertTellsNothing, rawRequest } from './raw-request.ts';

const en = messagesFor('en');
const de = messagesFor('de');
const DAY_MS = 86_400_000;

/** The visible text of a page, in one line. */
function textOf(html: string): string {
  return html.replace(/<style.*?<\/style>|<[^>]+>/gs, '').replace(/\s+/g, ' ');
}

function assertSays(html: string, text: string): void {
  assert.ok(textOf(html).includes(escaped(text)), text);
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
  assert.equal(headers.has('set-cookie'), false);
  const nonce = nonceOf(response);
  assert.equal(Buffer.from(nonce, 'base64').byteLength, 16);
  assert.deepEqual(headers.get('content-security-policy')?.split('; ').sort(), [
    "base-uri 'none'",
    "default-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    'img-src data:',
    `style-src 'nonce-${nonce}'`,
  ]);
}

describe('GET /about', () => {
  let bot: BotUnderTest;
  let url: string;

  before(async () => {
    bot = await startBot({ env: { AUDIO_RETENTION_HOURS: '36', RECORD_RETENTION_DAYS: '90' } });
    url = `${bot.url}/about`;
  });

  after(() => bot.close());

  const get = async (query = '', language = 'en') => {
    const response = await fetch(url + query, { headers: { 'accept-language': language } });
    return { response, html: await response.text() };
  };

  it('serves a page without scripts that cannot be framed', async () => {
    const { response, html } = await get();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-length'), String(Buffer.byteLength(html)));
    assertGuarded(response);
    assert.ok(html.includes(`<style nonce="${nonceOf(response)}">`));
    assert.doesNotMatch(html, /<script|<img|<form|\son\w+=|\sstyle=|(src|href)="(https?:)?\/\//);
    assertTellsNothing(html);
    assert.notEqual(nonceOf((await get()).response), nonceOf(response));
  });

  it('says what the bot is, that an AI answers, what it sends and stores, and who is responsible', async () => {
    const { html } = await get();
    const { about } = en;
    for (const text of [about.what, about.ai, about.sent, about.forget, about.reset, about.terms, about.responsible]) {
      assertSays(html, text);
    }
    assert.ok(html.includes('<code>/forget</code>'));
  });

  it('has the sections that the Teams app links to', async () => {
    const { html } = await get();
    assert.ok(html.includes(`<section id="privacy" class="card" aria-labelledby="privacy-title">`));
    assert.ok(html.includes(`<section id="terms" class="card" aria-labelledby="terms-title">`));
  });

  it('states the retention times from the settings', async () => {
    const { html } = await get();
    assertSays(html, en.about.keptHistory('90 days'));
    assertSays(html, en.about.keptReplyAudio('36 hours'));
    assertSays(html, en.about.keptRecordings('36 hours', '20 minutes'));
    assertSays(html, en.about.inMemory);
    assert.ok(!textOf(html).includes(en.about.inDatabase));
    const german = (await get('?lang=de')).html;
    assertSays(german, de.about.keptHistory('90 Tage'));
    assertSays(german, de.about.keptReplyAudio('36 Stunden'));
    assertSays(german, de.about.keptRecordings('36 Stunden', '20 Minuten'));
    assertSays(german, de.about.inMemory);
  });

  it('reveals neither the model nor its endpoint', async () => {
    const { html } = await get();
    assert.doesNotMatch(html, /simulator|test-key|127\.0\.0\.1/);
  });

  for (const [query, language, expected] of [
    ['', 'en', 'en'],
    ['', 'de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['', 'tlh, de', 'en'],
    ['', '*', 'en'],
    ['?lang=de', 'en', 'de'],
    ['?lang=de-CH', 'en', 'de'],
    ['?lang=en', 'de', 'en'],
    ['?lang=tlh', 'de', 'en'],
    ['?lang=%22%3E%3Cscript%3E', 'de', 'en'],
    ['?lang=%zz&lang=de', 'de', 'en'],
    ['?other=de', 'de', 'de'],
  ] as const) {
    it(`is in ${expected} for ${query || 'no query'} and a browser that accepts ${language}`, async () => {
      const { response, html } = await get(query, language);
      assert.equal(response.status, 200);
      const messages = messagesFor(expected);
      assert.ok(html.includes(`<html lang="${expected}">`));
      assert.ok(html.includes(`<h1>${messages.about.title}</h1>`));
      assert.ok(html.includes(`hreflang="${expected}" aria-current="page">${messages.about.language}</a>`));
      assert.equal(html.match(/aria-current="page"/g)?.length, 1);
      assert.doesNotMatch(html, /<script/);
    });
  }

  it('answers HEAD like GET, without the body, and POST with 405', async () => {
    const { html } = await get();
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assertGuarded(head);
    assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(html)));
    assert.equal((await rawRequest(bot.url, 'HEAD', '/about')).body, '');
    const post = await fetch(url, { method: 'POST' });
    assert.equal(post.status, 405);
    assert.equal(post.headers.get('allow'), 'GET, HEAD');
    assertRefusal(await post.text(), 'method_not_allowed');
  });

  it('is the only route under /about', async () => {
    assert.equal((await rawRequest(bot.url, 'GET', '/about/')).status, 200);
    for (const target of ['/about/privacy', '/About', '/about.html']) {
      assert.equal((await rawRequest(bot.url, 'GET', target)).status, 404, target);
    }
  });
});

describe('the page of a bot with a database or a storage account', () => {
  async function htmlOf(about: AboutSettings, query: string): Promise<string> {
    const server = createHttpServer({
      build: TEST_BUILD,
      receiveActivity: async () => undefined,
      audioStore: emptyAudioStore(),
      recordings: noRecordings,
      about,
      clock: systemClock,
      isDraining: () => false,
      onlyLoopback: true,
      log: createLogger('silent'),
    });
    const port = await server.listen(0, '127.0.0.1');
    try {
      return await (await fetch(`http://127.0.0.1:${port}/about${query}`)).text();
    } finally {
      await server.close();
    }
  }

  const times = { audioRetentionMs: 3_600_000, recordRetentionMs: 7 * DAY_MS };
  const settings = (env: Readonly<Record<string, string>>) => ({
    ...readConfig({
      AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com',
      AZURE_OPENAI_DEPLOYMENT_NAME: 'd',
      ...env,
    }),
    ...times,
  });

  for (const [messages, one, many] of [
    [en, '1 hour', '7 days'],
    [de, '1 Stunde', '7 Tage'],
  ] as const) {
    it(`names the database, the storage account and their retention times (${messages.language})`, async () => {
      const query = `?lang=${messages.language}`;
      const html = await htmlOf(settings({ DATABASE_URL: 'postgres://bot@localhost/bot' }), query);
      assertSays(html, messages.about.keptReplyAudio(one));
      assertSays(html, messages.about.keptHistory(many));
      assertSays(html, messages.about.keptFailed(many));
      assertSays(html, messages.about.inDatabase);
      assert.ok(!textOf(html).includes(messages.about.inMemory));
      assert.ok(!textOf(html).includes(messages.about.audioInAccount));
      const account = { AZURE_STORAGE_BLOB_URL: 'https://account.blob.core.windows.net' };
      const inAccount = await htmlOf(settings(account), query);
      assertSays(inAccount, messages.about.inMemory);
      assertSays(inAccount, messages.about.audioInAccount);
      assert.ok(!textOf(inAccount).includes(messages.about.keptFailed(many)));
    });
  }
});
