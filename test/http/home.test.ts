import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type BotUnderTest, startBot } from '../support/bot.ts';

describe('GET /', () => {
  let bot: BotUnderTest;

  before(async () => {
    bot = await startBot({});
  });
  after(() => bot?.close());

  it("lists the routes at this address in the browser's language", async () => {
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
});
