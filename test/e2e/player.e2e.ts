import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Frame, Page } from 'playwright-core';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { launchBrowser } from '../support/browser.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Where the screenshots go, for a person to look at. */
const screenshots = process.env['E2E_SCREENSHOTS'];
const axe = readFileSync(`${root}node_modules/axe-core/axe.min.js`, 'utf8');

const SECONDS = 3;
const ENGLISH = `Hi there. The moon is about 384,400 kilometres away from us, which is thirty times the width of the Earth.

Light needs a little more than a second for that. Shall I tell you how the distance is measured?`;
const GERMAN = `Guten Tag! Der Mond ist etwa 384.400 Kilometer von uns entfernt.\n\n${'Noch ein Satz dazu. '.repeat(60)}`;
const HOSTILE = `</script><script>document.title = 'broken in'</script><img src=x onerror="document.title = 'broken in'">`;

/** A quiet tone of 440 Hz. */
function tone(): Buffer {
  const pcm = Buffer.alloc(SECONDS * 48_000);
  for (let at = 0; at < pcm.length; at += 2) {
    pcm.writeInt16LE(Math.round(4_000 * Math.sin((at * Math.PI * 440) / 24_000)), at);
  }
  return pcm;
}

/** What went wrong on a page, and what it asked the network for. */
interface Watched {
  readonly page: Page;
  readonly problems: string[];
  readonly requests: { readonly url: string; readonly status: number }[];
}

/** https as in production: from a page of Teams, a browser opens nothing on the machine itself. */
const BOT = 'https://bot.example';
const TEAMS = 'https://teams.microsoft.com';

/** The far end of Teams' client library: a host that answers its messages, and keeps them. */
const host = (pageUrl: string) => `<!doctype html><html lang="en"><title>Host</title>
<iframe width="420" height="360" src="${pageUrl}"></iframe>
<script>
  const calls = [];
  const answers = {
    initialize: ['task', 'web', JSON.stringify({ apiVersion: 4, isLegacyTeams: false, supports: {} }), '2.0.0'],
    getContext: [{ theme: 'dark' }],
  };
  addEventListener('message', ({ data, source, origin }) => {
    calls.push(data.func);
    const { id, uuidAsString, func } = data;
    if (func in answers) source.postMessage({ id, uuidAsString, args: answers[func] }, origin);
  });
  const tell = (theme) => frames[0].postMessage({ func: 'themeChange', args: [theme] }, '*');
</script>`;

describe('the player in a browser', () => {
  let bot: BotUnderTest;
  let browser: Browser;
  let english: string;
  let german: string;
  let hostile: string;

  before(async () => {
    const pcm = tone();
    const turn = (text: string) => ({ outputs: [{ text, pcm }], ending: { kind: 'completed' } }) as const;
    bot = await startBot({ turns: [turn(ENGLISH), turn(GERMAN), turn(HOSTILE)] });
    browser = await launchBrowser();
    const pages: string[] = [];
    for (const locale of ['en-GB', 'de-DE', 'en-US']) {
      await bot.says('How far is the moon?', { locale });
      const reply = (await bot.connector.whenMessages(pages.length + 1)).at(-1);
      pages.push(String(reply?.body.attachments[0].contentUrl).replace(/\.wav$/, ''));
    }
    [english = '', german = '', hostile = ''] = pages;
  });

  after(async () => {
    await browser?.close();
    await bot?.close();
  });

  /** An empty page of its own in a browser of its own, which is watched. */
  async function watched(t: TestContext, options: BrowserContextOptions = {}): Promise<Watched> {
    const context = await browser.newContext({ colorScheme: 'light', ...options });
    t.after(() => context.close());
    const page = await context.newPage();
    const problems: string[] = [];
    const requests: Watched['requests'][number][] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('response', (response) => requests.push({ url: response.url(), status: response.status() }));
    return { page, problems, requests };
  }

  async function open(t: TestContext, url: string, options?: BrowserContextOptions): Promise<Watched> {
    const found = await watched(t, options);
    await found.page.goto(url);
    return found;
  }

  async function look(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: `${screenshots}/${name}.png` });
  }

  const button = (page: Page | Frame, name: string) => page.getByRole('button', { name, exact: true });

  /** Resolves when the sound is as the claim says. Looks at every event: the page's policy lets no polled text run. */
  function until(page: Page | Frame, claim: string): Promise<void> {
    return page.evaluate(`new Promise((resolve) => {
      const look = () => { if (${claim}) resolve(); };
      for (const name of ['canplaythrough', 'timeupdate', 'seeked', 'ended']) audio.addEventListener(name, look);
      look();
    })`);
  }

  /** Loaded as far as it can be, and silent. */
  async function assertSilent(page: Page | Frame): Promise<void> {
    await until(page, 'audio.readyState === 4');
    assert.deepEqual(await page.evaluate('[audio.paused, audio.currentTime, audio.played.length]'), [true, 0, 0]);
  }

  function position(page: Page): Promise<string | null> {
    return page.getByRole('slider', { name: 'Position' }).getAttribute('aria-valuetext');
  }

  it('plays to its end on a click, and again from the beginning', async (t) => {
    const { page, problems, requests } = await open(t, english);
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

  it('plays and stops by the keyboard alone', async (t) => {
    const { page, problems } = await open(t, english);
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

  it('goes on from where the slider is put, by keys', async (t) => {
    const { page, problems, requests } = await open(t, english);
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

  it('goes on from where the slider is put while it plays, by pointer', async (t) => {
    const { page, problems } = await open(t, english);
    await button(page, 'Play').click();
    await until(page, 'audio.currentTime > 0.1');
    const { width = 0, height = 0 } = (await page.getByRole('slider').boundingBox()) ?? {};
    await page.getByRole('slider').click({ position: { x: width * 0.7, y: height / 2 } });
    await until(page, 'audio.currentTime > 2.2');
    assert.equal(await page.evaluate('audio.played.length'), 2, 'what lies between was left out');
    await button(page, 'Play again').waitFor();
    assert.deepEqual(problems, []);
  });

  it('says that the sound cannot be had, and plays it once it can', async (t) => {
    const { page } = await watched(t);
    await page.route('**/*.wav', (route) => route.abort());
    await page.goto(english);
    await page.getByRole('alert').filter({ hasText: 'could not be loaded' }).waitFor();
    await look(page, 'player-failed');
    await button(page, 'Play').click();
    await page.getByRole('alert').filter({ hasText: 'could not be loaded' }).waitFor();
    await page.unroute('**/*.wav');
    await button(page, 'Play').click();
    await until(page, 'audio.currentTime > 0.2');
    assert.equal(await page.getByRole('alert').textContent(), '');
  });

  it('leaves the sound to the browser where no script runs', async (t) => {
    const { page, problems } = await open(t, english, { javaScriptEnabled: false });
    await page.locator('noscript audio[controls]').waitFor();
    assert.equal(await page.locator('#player').isVisible(), false);
    await look(page, 'player-noscript');
    assert.deepEqual(problems, []);
  });

  it('shows a hostile transcript, and does not do what it says', async (t) => {
    const { page, problems } = await open(t, hostile);
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
    it(`can be read and used by everybody (${name})`, async (t) => {
      for (const [which, url] of Object.entries({ english, german, gone: `${bot.url}/audio/gone` })) {
        const { page, problems } = await open(t, url, { locale: 'en-GB', ...options });
        if (which !== 'gone') await until(page, 'audio.readyState === 4');
        await look(page, `player-${which}-${name}`);
        assert.deepEqual(await violations(page), [], which);
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing sticks out');
        // Chromium tells of the 404 itself.
        assert.deepEqual(
          problems.filter((problem) => which !== 'gone' || !problem.includes('404')),
          [],
        );
      }
    });
  }

  it('has a button that is easy to hit', async (t) => {
    const { page } = await open(t, english, PHONE);
    const { width = 0, height = 0 } = (await button(page, 'Play').boundingBox()) ?? {};
    assert.ok(width >= 44 && height >= 44, `${width} x ${height}`);
  });

  it('greets Teams and wears its themes inside it, and plays there on a click', async (t) => {
    const { page, problems, requests } = await framed(t, `${TEAMS}/fake`);
    const [, player] = page.frames();
    assert.ok(player);
    await player.locator('html[data-theme="dark"]').waitFor();
    assert.deepEqual(await page.evaluate('calls'), ['initialize', 'registerHandler', 'getContext']);
    const background = () => player.evaluate('getComputedStyle(document.body).backgroundColor');
    assert.equal(await background(), 'rgb(31, 31, 31)');
    await look(page, 'player-teams-dark');
    for (const [theme, expected] of Object.entries({ contrast: 'rgb(0, 0, 0)', default: 'rgb(245, 245, 245)' })) {
      await page.evaluate(`tell('${theme}')`);
      await player.locator(`html[data-theme="${theme}"]`).waitFor();
      assert.equal(await background(), expected);
      assert.deepEqual(await violations(player), [], theme);
      await look(page, `player-teams-${theme}`);
    }

    await assertSilent(player);
    await button(player, 'Play').click();
    await button(player, 'Play again').waitFor();
    assert.equal(requests.filter(({ url }) => url.includes('/assets/teams-js-')).length, 1);
    assert.deepEqual(problems, []);
  });

  for (const [name, broken] of Object.entries({
    'whose library does not come': '**/assets/**',
    'whose list of hosts does not come': 'https://res.cdn.office.net/**',
  })) {
    it(`plays in a client ${name}`, async (t) => {
      const { page, problems } = await framed(t, `${TEAMS}/fake`, broken);
      const [, player] = page.frames();
      assert.ok(player);
      await button(player, 'Play').click();
      await button(player, 'Play again').waitFor();
      // Chromium tells of the request itself.
      assert.deepEqual(
        problems.filter((problem) => !problem.includes('net::ERR_FAILED')),
        [],
      );
    });
  }

  it('greets the phone that shows it in a view of its own', async (t) => {
    const { page, problems } = await watched(t);
    await page.route('https://res.cdn.office.net/**', answerWithHosts);
    await page.addInitScript(`
      window.calls = [];
      window.nativeInterface = { framelessPostMessage: (text) => {
        const { id, uuidAsString, func } = JSON.parse(text);
        calls.push(func);
        const args = { initialize: ['task', 'android', '{"apiVersion":4,"supports":{}}', '2.0.0'],
          getContext: [{ theme: 'contrast' }] }[func];
        if (args) setTimeout(() => onNativeMessage({ data: { id, uuidAsString, args } }));
      } };`);
    await page.goto(english);
    await page.locator('html[data-theme="contrast"]').waitFor();
    assert.deepEqual(await page.evaluate('calls'), ['initialize', 'registerHandler', 'getContext']);
    assert.deepEqual(problems, []);
  });

  it('is not shown in the page of anybody else', async (t) => {
    const { page, problems } = await framed(t, 'https://evil.example/');
    assert.match(problems.join(), /frame-ancestors/);
    assert.ok(!page.frames().some((frame) => frame.url().startsWith(BOT)));
  });

  /** The player in the frame of another page, with both at https addresses of their own. */
  async function framed(t: TestContext, hostUrl: string, broken?: string): Promise<Watched> {
    const found = await watched(t);
    const { page } = found;
    const target = new URL(english);
    await page.route(`${BOT}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: target.origin + pathname }) });
    });
    await page.route('https://res.cdn.office.net/**', answerWithHosts);
    const body = host(BOT + target.pathname);
    await page.route(hostUrl, (route) => route.fulfill({ contentType: 'text/html', body }));
    if (broken !== undefined) await page.route(broken, (route) => route.abort());
    await page.goto(hostUrl);
    return found;
  }
});

function answerWithHosts(route: { fulfill(options: object): Promise<void> }): Promise<void> {
  const headers = { 'access-control-allow-origin': '*' };
  return route.fulfill({ json: { validOrigins: ['teams.microsoft.com'] }, headers });
}

/** What axe has against the page. Evaluated as a whole: the page's policy lets no script in. */
async function violations(page: Page | Frame): Promise<unknown> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => [html, failureSummary]) })))`);
}
