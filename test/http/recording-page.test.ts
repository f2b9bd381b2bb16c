import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { escaped } from '../../src/http/pages/page.ts';
import { messagesFor } from '../../src/messages/messages.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { requestRecordingLink, uploadRecording } from '../support/recording-link.ts';
import { assertRefusal, assertTellsNothing } from './raw-request.ts';

const de = messagesFor('de');

function nonceOf(response: Response): string {
  return /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1] ?? '';
}

function assertGuarded({ headers }: Response, nonce: string): void {
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(headers.get('cache-control'), 'private, no-store');
  assert.equal(headers.get('referrer-policy'), 'no-referrer');
  assert.equal(headers.get('permissions-policy'), 'microphone=(self)');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('x-robots-tag'), 'noindex, nofollow');
  for (const name of ['set-cookie', 'access-control-allow-origin']) assert.equal(headers.has(name), false, name);
  assert.deepEqual(headers.get('content-security-policy')?.split('; ').sort(), [
    "base-uri 'none'",
    "connect-src 'self' https://res.cdn.office.net",
    "default-src 'none'",
    "form-action 'none'",
    'frame-ancestors https://*.cloud.microsoft https://teams.microsoft.com https://*.teams.microsoft.com https://*.microsoft365.com https://*.office.com https://teams.microsoft.us https://*.teams.microsoft.us https://*.office365.us',
    'img-src data:',
    'media-src blob:',
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
  ]);
}

describe('GET /record/<link>', () => {
  let bot: BotUnderTest;
  let url: string;
  let response: Response;
  let html: string;

  before(async () => {
    bot = await startBot();
    url = await requestRecordingLink(bot);
    response = await fetch(url);
    html = await response.text();
  });

  after(() => bot.close());

  it('serves a page that loads only its own resources and that only Teams may frame', () => {
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-length'), String(Buffer.byteLength(html)));
    assertGuarded(response, nonceOf(response));
  });

  it('allows its own scripts by a nonce that is new in each response, and loads nothing from other hosts', async () => {
    const nonces = [...html.matchAll(/<(?:script|style)\b([^>]*)>/g)].map(([, attributes = '']) =>
      /\bnonce="([^"]+)"/.exec(attributes)?.at(1),
    );
    assert.deepEqual(new Set(nonces), new Set([nonceOf(response)]));
    assert.notEqual(nonceOf(await fetch(url)), nonceOf(response));
    assert.doesNotMatch(html, /<[^>]+\s(style|on\w+)=|(src|href|data-library)="(https?:)?\/\//);
  });

  it('may be requested repeatedly, and by HEAD', async () => {
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assertGuarded(head, nonceOf(head));
    assert.equal(await head.text(), '');
    assert.equal((await fetch(url)).status, 200);
  });

  it('names neither the user nor the conversation', () => {
    for (const text of ['Ada', 'user-1', 'conversation-1', bot.connector.url]) assert.ok(!html.includes(text), text);
  });

  it('is in the language of the user who asked for it', async () => {
    const german = await (
      await fetch(await requestRecordingLink(bot, { locale: 'de-AT' }), { headers: { 'accept-language': 'en' } })
    ).text();
    assert.ok(german.includes('<html lang="de">'));
    for (const text of [
      de.recording.title,
      de.recording.send,
      de.recording.refused,
      de.recording.of('{elapsed}', '3:00'),
    ]) {
      assert.ok(german.includes(escaped(text)), text);
    }
  });

  it('answers other methods with 405', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await fetch(url, { method });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.get('allow'), 'GET, HEAD, POST');
    }
  });

  for (const [name, change] of Object.entries<(link: string) => string>({
    nothing: () => '',
    'a forged signature': (link) => `${link.slice(0, -4)}AAAA`,
    'a later end than was signed': (link) => link.replace(/\.\w+\./, '.zzzzzz.'),
    'an unknown id': (link) => `AAAA${link.slice(4)}`,
    'the id alone': (link) => link.split('.')[0] ?? '',
    'a slash after it': (link) => `${link}/`,
    'markup in it': () => '%22%3E%3Cscript%3E',
  })) {
    it(`serves no page for a link with ${name}, and accepts nothing there`, async () => {
      const other = `${bot.url}/record/${change(new URL(url).pathname.slice('/record/'.length))}`;
      const answer = await fetch(other, { headers: { 'accept-language': 'de' } });
      assert.equal(answer.status, 404);
      const text = await answer.text();
      assertTellsNothing(text);
      if (name !== 'nothing') assert.ok(text.includes(`<h1>${de.recording.endedTitle}</h1>`));
      if (name === 'nothing' || name === 'a slash after it') return;
      const refused = await uploadRecording(other);
      assert.equal(refused.status, 404);
      assertRefusal(await refused.text(), 'not_found');
    });
  }
});
