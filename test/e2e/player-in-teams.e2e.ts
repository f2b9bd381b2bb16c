import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { launchBrowser } from '../support/browser.ts';
import { look } from './demo-process.ts';
import {
  assertSilent,
  button,
  ENGLISH,
  playerOfReply,
  spoken,
  violations,
  type Watched,
  watched,
} from './player-page.ts';

/** https as in production: a browser opens nothing on the local machine from a Teams page. */
const BOT = 'https://bot.example';
const TEAMS = 'https://teams.microsoft.com';

/** The far end of Teams' client library: a host that answers its messages and records them. */
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

describe('the player in Teams', () => {
  let bot: BotUnderTest;
  let browser: Browser;
  let english: string;

  before(async () => {
    bot = await startBot({ turns: [spoken(ENGLISH)] });
    browser = await launchBrowser();
    english = await playerOfReply(bot, 'en-GB');
  });

  after(async () => {
    await browser?.close();
    await bot?.close();
  });

  it('announces itself to Teams, uses its themes, and plays there on a click', async (t) => {
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
      // Chromium logs the request itself.
      assert.deepEqual(
        problems.filter((problem) => !problem.includes('net::ERR_FAILED')),
        [],
      );
    });
  }

  it('announces itself to a phone that shows it in a web view', async (t) => {
    const { page, problems } = await watched(t, browser);
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

  it('is not shown in the page of another site', async (t) => {
    const { page, problems } = await framed(t, 'https://evil.example/');
    assert.match(problems.join(), /frame-ancestors/);
    assert.ok(!page.frames().some((frame) => frame.url().startsWith(BOT)));
  });

  /** The player in the frame of another page, with both at their own https addresses. */
  async function framed(t: TestContext, hostUrl: string, broken?: string): Promise<Watched> {
    const found = await watched(t, browser);
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
