import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { launchBrowser } from '../support/browser.ts';
import { look } from './demo-process.ts';
import {
  assertSilent,
  button,
  ENGLISH,
  open,
  playerOfReply,
  SECONDS,
  spoken,
  until,
  violations,
  watched,
} from './player-page.ts';

const GERMAN = `Guten Tag! Der Mond ist etwa 384.400 Kilometer von uns entfernt.\n\n${'Noch ein Satz dazu. '.repeat(60)}`;
const HOSTILE = `</script><script>document.title = 'broken in'</script><img src=x onerror="document.title = 'broken in'">`;

describe('the player in a browser', () => {
  let bot: BotUnderTest;
  let browser: Browser;
  let english: string;
  let german: string;
  let hostile: string;

  before(async () => {
    bot = await startBot({ turns: [spoken(ENGLISH), spoken(GERMAN), spoken(HOSTILE)] });
    browser = await launchBrowser();
    english = await playerOfReply(bot, 'en-GB');
    german = await playerOfReply(bot, 'de-DE');
    hostile = await playerOfReply(bot, 'en-US');
  });

  after(async () => {
    await browser?.close();
    await bot?.close();
  });

  function position(page: Page): Promise<string | null> {
    return page.getByRole('slider', { name: 'Position' }).getAttribute('aria-valuetext');
  }

  it('plays faster and slower, and can be downloaded', async (t) => {
    const { page, problems } = await open(t, browser, english);
    await button(page, 'Play').click();
    await page.getByLabel('Speed').selectOption('2');
    await until(page, 'audio.playbackRate === 2');
    await button(page, 'Play again').waitFor();
    await button(page, 'Play again').click();
    assert.equal(await page.evaluate('audio.playbackRate'), 2);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'reply.wav');
    assert.equal(statSync(await download.path()).size, 44 + 48_000 * SECONDS, 'the whole audio');
    assert.deepEqual(problems, []);
  });

  it('plays to its end on a click, and again from the beginning', async (t) => {
    const { page, problems, requests } = await open(t, browser, english);
    await assertSilent(page);
    assert.equal(await position(page), '0:00 of 0:03');
    await button(page, 'Play').click();
    await button(page, 'Pause').waitFor();
    await until(page, 'audio.currentTime > 0.5');
    assert.ok(Number(await page.evaluate('document.getElementById("position").value')) > 0);
    await button(page, 'Play again').waitFor();
    assert.ok(Math.abs(Number(await page.evaluate('audio.currentTime')) - SECONDS) < 0.1);
    assert.equal(await position(page), '0:03 of 0:03');
    await look(page, 'player-played');

    await button(page, 'Play again').click();
    await button(page, 'Pause').waitFor();
    await until(page, 'audio.currentTime > 0 && audio.currentTime < 2');
    assert.deepEqual(problems, []);
    assert.ok(!requests.some(({ url }) => /assets|office/.test(url)), 'the library of Teams is not asked for');
  });

  it('plays and pauses with the keyboard alone', async (t) => {
    const { page, problems } = await open(t, browser, english);
    await assertSilent(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await until(page, 'audio.currentTime > 0.2');
    await look(page, 'player-keyboard');
    await page.keyboard.press('Enter');
    await button(page, 'Play').waitFor();
    assert.equal(await page.evaluate('audio.paused'), true);
    await page.keyboard.press('Space');
    await button(page, 'Play again').waitFor();
    assert.deepEqual(problems, []);
  });

  it("continues from the slider's position after key presses", async (t) => {
    const { page, problems, requests } = await open(t, browser, english);
    await assertSilent(page);
    const slider = page.getByRole('slider', { name: 'Position' });
    for (const [key, expected] of [
      ['End', '0:03'],
      ['ArrowLeft', '0:01'],
      ['Home', '0:00'],
      ['PageUp', '0:03'],
      ['PageDown', '0:00'],
      ['ArrowUp', '0:02'],
      ['ArrowDown', '0:00'],
      ['ArrowRight', '0:02'],
    ] as const) {
      await slider.press(key);
      assert.equal(await position(page), `${expected} of 0:03`, key);
    }
    await button(page, 'Play').click();
    await button(page, 'Play again').waitFor();
    const from = Number(await page.evaluate('audio.played.start(audio.played.length - 1)'));
    assert.ok(Math.abs(from - 2) < 0.1, `it went on from ${from} s`);
    assert.ok(requests.some(({ url, status }) => url.endsWith('.wav') && status === 206));
    assert.deepEqual(problems, []);
  });

  it('seeks once at a time while a key repeats, and ends where the slider is', async (t) => {
    const { page, problems } = await open(t, browser, english);
    await assertSilent(page);
    await page.evaluate(`(() => {
      window.seeks = [];
      for (const name of ['seeking', 'seeked']) audio.addEventListener(name, () => window.seeks.push(name));
      for (const key of ['PageUp', 'PageDown', 'PageUp', 'ArrowDown', 'ArrowDown', 'ArrowRight']) {
        position.dispatchEvent(new KeyboardEvent('keydown', { key }));
      }
    })()`);
    assert.equal(await position(page), '0:02 of 0:03');
    await until(page, '!audio.seeking && audio.currentTime === 2');
    const seeks = await page.evaluate('window.seeks.join(" ")');
    assert.equal(seeks, 'seeking seeked seeking seeked', 'the first seek, then the last');
    await button(page, 'Play').click();
    await button(page, 'Play again').waitFor();
    assert.deepEqual(problems, []);
  });

  it("continues from the slider's position after a pointer drag during playback", async (t) => {
    const { page, problems } = await open(t, browser, english);
    await button(page, 'Play').click();
    await until(page, 'audio.currentTime > 0.1');
    const { width = 0, height = 0 } = (await page.getByRole('slider').boundingBox()) ?? {};
    await page.getByRole('slider').click({ position: { x: width * 0.7, y: height / 2 } });
    await until(page, 'audio.currentTime > 2.2');
    assert.equal(await page.evaluate('audio.played.length'), 2, 'what lies between was left out');
    await button(page, 'Play again').waitFor();
    assert.deepEqual(problems, []);
  });

  it('reports that the audio is unavailable, and plays it once it is available', async (t) => {
    const { page } = await watched(t, browser);
    await page.route('**/*.wav', (route) => route.abort());
    await page.goto(english);
    await page.getByRole('alert').filter({ hasText: 'didn’t load' }).waitFor();
    await look(page, 'player-failed');
    await button(page, 'Play').click();
    await page.getByRole('alert').filter({ hasText: 'didn’t load' }).waitFor();
    await page.unroute('**/*.wav');
    await button(page, 'Play').click();
    await until(page, 'audio.currentTime > 0.2');
    assert.equal(await page.getByRole('alert').textContent(), '');
  });

  it("uses the browser's controls without scripts", async (t) => {
    const { page, problems } = await open(t, browser, english, { javaScriptEnabled: false });
    await page.locator('noscript audio[controls]').waitFor();
    assert.equal(await page.locator('#player').isVisible(), false);
    await look(page, 'player-noscript');
    assert.deepEqual(problems, []);
  });

  it('shows a hostile transcript without executing it', async (t) => {
    const { page, problems } = await open(t, browser, hostile);
    assert.equal(await page.locator('.transcript').textContent(), HOSTILE);
    assert.equal(await page.title(), 'Voice reply');
    assert.deepEqual(problems, []);
  });

  const PHONE = { viewport: { width: 320, height: 568 } };
  for (const [name, options] of Object.entries<BrowserContextOptions>({
    light: {},
    dark: { colorScheme: 'dark' },
    'light-320': PHONE,
    'dark-320': { colorScheme: 'dark', ...PHONE },
    forced: { forcedColors: 'active' },
    'forced-dark': { forcedColors: 'active', colorScheme: 'dark' },
    calm: { reducedMotion: 'reduce' },
  })) {
    it(`meets the accessibility rules (${name})`, async (t) => {
      for (const [which, url] of Object.entries({ english, german, gone: `${bot.url}/audio/gone` })) {
        const { page, problems } = await open(t, browser, url, { locale: 'en-GB', ...options });
        if (which !== 'gone') await until(page, 'audio.readyState === 4');
        await look(page, `player-${which}-${name}`);
        assert.deepEqual(await violations(page), [], which);
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing sticks out');
        // Chromium itself logs the 404.
        assert.deepEqual(
          problems.filter((problem) => which !== 'gone' || !problem.includes('404')),
          [],
        );
      }
    });
  }

  it('has buttons that are large enough', async (t) => {
    const { page } = await open(t, browser, english, PHONE);
    const { width = 0, height = 0 } = (await button(page, 'Play').boundingBox()) ?? {};
    assert.ok(width >= 44 && height >= 44, `${width} x ${height}`);
  });
});
