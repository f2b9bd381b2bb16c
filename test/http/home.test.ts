import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type BotUnderTest, startBot } from '../support/bot.ts';

describe('GET /', () => {
  let bot: BotUnderTest;

  before(async () => {
    bot = await startBot({});
  });
  after(() => bot?.close());

  it('says what answers at this address, and where to go, in the language of the browser', async () => {
    for (const [language, title] of [
      ['en-GB,en', 'This is a voice bot'],
      ['de', 'Dies ist ein Sprachbot'],
    ] as const) {
      const response = await fetch(bot.url, { headers: { 'accept-language': language } });
      assert.equal(response.status, 200);
      assert.match(response.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
      const html = await response.text();
      assert.ok(html.includes(title));
      const links = [...html.matchAll(/href="([a-z]+)"/g)].map(([, path]) => new URL(path ?? '', bot.url));
      assert.equal(links.length, 2);
      for (const link of links) assert.equal((await fetch(link)).status, 200);
    }
  });

  it('leads to the chat page of CHAT_PAGE_URL', async (t) => {
    const withChat = await startBot({ env: { CHAT_PAGE_URL: 'http://localhost:3979' } });
    t.after(() => withChat.close());
    const html = await (await fetch(withChat.url)).text();
    assert.ok(html.includes('<a href="http://localhost:3979">Open the chat</a>'), html);
  });
});
