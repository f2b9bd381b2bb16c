import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { launchBrowser } from '../support/browser.ts';
import { look } from './demo-process.ts';
import { open, violations } from './player-page.ts';

describe('the /about page in a browser', () => {
  let bot: BotUnderTest;
  let browser: Browser;

  before(async () => {
    bot = await startBot();
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await bot?.close();
  });

  const PHONE = { viewport: { width: 320, height: 568 } };
  for (const [name, options] of Object.entries<BrowserContextOptions>({
    light: {},
    dark: { colorScheme: 'dark' },
    'light-320': PHONE,
    'dark-320': { colorScheme: 'dark', ...PHONE },
    forced: { forcedColors: 'active' },
  })) {
    it(`meets the accessibility rules (${name})`, async (t) => {
      for (const locale of ['en-GB', 'de-DE']) {
        const { page, problems, requests } = await open(t, browser, `${bot.url}/about`, { locale, ...options });
        await look(page, `about-${locale}-${name}`);
        assert.deepEqual(await violations(page), [], locale);
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing sticks out');
        assert.deepEqual(problems, []);
        assert.deepEqual(
          requests.map(({ url }) => url),
          [`${bot.url}/about`],
        );
      }
    });
  }

  it('changes its language on a click', async (t) => {
    const { page, problems } = await open(t, browser, `${bot.url}/about`, { locale: 'en-GB' });
    await page.getByRole('link', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { name: 'Über diesen Bot' }).waitFor();
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'About this bot' }).waitFor();
    assert.deepEqual(problems, []);
  });

  it('opens at the section that a Teams app links to', async (t) => {
    for (const [part, title] of [
      ['privacy', 'Privacy: what happens to your messages'],
      ['terms', 'Terms of use'],
    ] as const) {
      const { page } = await open(t, browser, `${bot.url}/about#${part}`, { locale: 'en-GB', ...PHONE });
      const { y = -1 } = (await page.getByRole('heading', { name: title }).boundingBox()) ?? {};
      assert.ok(y >= 0 && y < PHONE.viewport.height, `${part} is at ${y}`);
    }
  });
});
