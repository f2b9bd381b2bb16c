import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { de } from '../../src/messages/de.ts';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { pitchOf } from '../support/pitch.ts';
import { clipsOf } from '../support/recording-link.ts';
import { look } from './demo-process.ts';
import { button, open, violations } from './player-page.ts';
import { clockAt, HERTZ, launchHearing, openTalk, record, says, warns } from './recording-page.ts';

const { recording: talk } = en;
const PHONE = { viewport: { width: 320, height: 568 } };

describe('the recording page in a browser', () => {
  const world = {} as { bot: BotUnderTest; browser: Browser };

  before(async () => {
    world.bot = await startBot({ turns: ['One', 'Two', 'Three'] });
    world.browser = await launchHearing();
  });

  after(async () => {
    await world.browser?.close();
    await world.bot?.close();
  });

  /** Resolves with the model's next context, once it is answered. */
  async function nextClip(send: () => Promise<void>): Promise<Buffer> {
    const { bot } = world;
    const before = [clipsOf(bot).length, bot.connector.messages.length] as const;
    await send();
    await bot.connector.whenMessages(before[1] + 1);
    return clipsOf(bot)[before[0]] ?? assert.fail('the model was given no clip');
  }

  it('records, shows level and time, plays it back, and sends it to the model', async (t) => {
    const { page, problems, requests, url } = await openTalk(t, world);
    await page.evaluate(`{
      window.levels = new Set();
      new MutationObserver(() => levels.add(level.value)).observe(level, { attributeFilter: ['value'] });
    }`);
    await button(page, talk.record).click();
    await says(page, talk.listening);
    await clockAt(page, 1);
    await clockAt(page, 2);
    await look(page, 'talk-recording');
    await button(page, talk.stop).click();
    await says(page, talk.recorded);
    assert.ok(Number(await page.evaluate('levels.size')) > 3, 'the level moves');
    assert.equal(await page.evaluate('document.activeElement.id'), 'send');

    await page.evaluate(`new Promise((resolve) => {
      playback.addEventListener('timeupdate', () => { if (playback.currentTime > 0.2) resolve(); });
      playback.play();
    })`);
    const sentAt = requests.length;
    const clip = await nextClip(async () => {
      await button(page, talk.send).click();
      await says(page, talk.sent);
    });
    await look(page, 'talk-sent');
    assert.deepEqual(
      requests.slice(sentAt).map(({ status }) => status),
      [202],
    );
    assert.equal(world.bot.connector.messages.at(-1)?.path, '/v3/conversations/conversation-1/activities/activity-1');
    const seconds = clip.byteLength / 48_000;
    assert.ok(seconds > 1.9 && seconds < 5, `the clip takes ${seconds} s`);
    assert.equal(pitchOf(clip), HERTZ);
    assert.equal((await fetch(url)).status, 404, 'its address is used');
    assert.deepEqual(problems, []);
    assert.ok(
      requests.every((each) => each.url.startsWith(`${new URL(url).origin}/`) || each.url.startsWith('blob:')),
      'nothing comes from elsewhere',
    );
  });

  it('can be used with the keyboard alone', async (t) => {
    const { page, problems } = await openTalk(t, world);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await clockAt(page, 1);
    await page.keyboard.press('Space');
    await says(page, talk.recorded);
    const clip = await nextClip(async () => {
      await page.keyboard.press('Enter');
      await says(page, talk.sent);
    });
    assert.equal(pitchOf(clip), HERTZ);
    assert.deepEqual(problems, []);
  });

  it('sends a recording again after a failed upload', async (t) => {
    const { page, url } = await openTalk(t, world);
    await record(page, 1);
    await page.route(url, (route) => route.abort());
    await button(page, talk.send).click();
    await warns(page, talk.notSent);
    await look(page, 'talk-not-sent');
    await page.unroute(url);
    await page.route(url, (route) =>
      route.fulfill({ status: 503, json: { code: 'busy', message: 'Not now, please.' } }),
    );
    await button(page, talk.send).click();
    await warns(page, 'Not now, please.');
    await page.unroute(url);
    // A gateway in between answers with an error of its own.
    await page.route(url, (route) => route.fulfill({ status: 502, json: { error: 'Bad Gateway' } }));
    await button(page, talk.send).click();
    await warns(page, talk.notSent);
    await page.unroute(url);
    await nextClip(async () => {
      await button(page, talk.send).click();
      await says(page, talk.sent);
    });
    assert.equal(await page.getByRole('alert').textContent(), '');
  });

  it('records again and discards the first recording', async (t) => {
    const { page, problems } = await openTalk(t, world);
    await record(page, 1);
    const first = await page.evaluate('playback.src');
    await button(page, talk.recordAgain).click();
    await clockAt(page, 2);
    await button(page, talk.stop).click();
    await says(page, talk.recorded);
    assert.notEqual(await page.evaluate('playback.src'), first);
    assert.deepEqual(problems, []);
  });

  it('reports that its link has expired', async (t) => {
    const { page } = await openTalk(t, world);
    await record(page, 1);
    const count = world.bot.connector.messages.length;
    await world.bot.says('/forget yes');
    await world.bot.connector.whenMessages(count + 1);
    await button(page, talk.send).click();
    await says(page, talk.ended);
    assert.equal(await button(page, talk.record).isVisible(), false);
    await look(page, 'talk-ended');
  });

  it('stops at the time limit, and warns before', async (t) => {
    // Three seconds instead of three minutes.
    const edit = (html: string) =>
      html
        .replace('maxSeconds&quot;:180', 'maxSeconds&quot;:3')
        .replace('warnAtSeconds&quot;:150', 'warnAtSeconds&quot;:1');
    const { page } = await openTalk(t, world, { edit });
    await button(page, talk.record).click();
    await says(page, talk.almostFull('30'));
    await says(page, talk.full('3'));
    // The page announces it before its player has loaded the audio.
    await page.waitForFunction('playback.readyState >= 1');
    // The bot refuses longer ones. The microphone needs a moment before its first audio.
    const seconds = Number(await page.evaluate('playback.duration'));
    assert.ok(seconds > 2.5 && seconds <= 3, `the recording has ${seconds} s`);
  });

  it('gives advice if it may not use the microphone, and records once it may', async (t) => {
    const { page } = await openTalk(t, world, { permissions: [] });
    await button(page, talk.record).click();
    await warns(page, talk.refused);
    await look(page, 'talk-refused');
    assert.deepEqual(await violations(page), []);
    await page.context().grantPermissions(['microphone']);
    await record(page, 1);
  });

  for (const [name, text] of Object.entries({
    NotFoundError: talk.noMicrophone,
    NotReadableError: talk.microphoneInUse,
    NotSupportedError: talk.notHere,
  })) {
    it(`gives advice if the browser answers with ${name}`, async (t) => {
      const script = `navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', '${name}'); }`;
      const { page } = await openTalk(t, world, { script });
      await button(page, talk.record).click();
      await warns(page, text);
      assert.equal(await page.evaluate('document.activeElement.id'), 'toggle');
    });
  }

  it('gives advice in a browser that cannot record', async (t) => {
    const { page } = await openTalk(t, world, { script: 'delete Navigator.prototype.mediaDevices' });
    await button(page, talk.record).click();
    await warns(page, talk.notHere);
  });

  it('reports a recording that is nearly silent or too short', async (t) => {
    const script = `navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext();
      const destination = context.createMediaStreamDestination();
      const silence = new ConstantSourceNode(context, { offset: 0 });
      silence.connect(destination);
      silence.start();
      return destination.stream;
    };`;
    const { page } = await openTalk(t, world, { script });
    await record(page, 1);
    await says(page, talk.silent);
    await button(page, talk.recordAgain).click();
    await button(page, talk.stop).click();
    await warns(page, talk.tooShort);
    await button(page, talk.record).waitFor();
  });

  it('gives advice if the microphone delivers nothing', async (t) => {
    const script = `navigator.mediaDevices.getUserMedia = async () =>
      new AudioContext().createMediaStreamDestination().stream;`;
    const { page } = await openTalk(t, world, { script });
    await button(page, talk.record).click();
    await clockAt(page, 1);
    await button(page, talk.stop).click();
    await warns(page, talk.microphoneInUse);
  });

  it('explains what is missing without scripts', async (t) => {
    const { page } = await openTalk(t, world, { javaScriptEnabled: false });
    await page.locator('noscript p').waitFor();
    await look(page, 'talk-noscript');
    assert.equal(await page.locator('#recorder').isVisible(), false);
  });

  for (const [name, options] of Object.entries<BrowserContextOptions>({
    light: {},
    dark: { colorScheme: 'dark' },
    'light-320': PHONE,
    'dark-320': { colorScheme: 'dark', ...PHONE },
    forced: { forcedColors: 'active' },
    calm: { reducedMotion: 'reduce' },
  })) {
    it(`meets the accessibility rules (${name})`, async (t) => {
      for (const messages of [en, de]) {
        const { page, problems } = await openTalk(t, world, { language: messages.language, ...options });
        const check = async (state: string) => {
          await look(page, `talk-${messages.language}-${name}-${state}`);
          assert.deepEqual(await violations(page), [], state);
          assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing sticks out');
        };
        const { width = 0, height = 0 } = (await button(page, messages.recording.record).boundingBox()) ?? {};
        assert.ok(width >= 44 && height >= 44, `${width} x ${height}`);
        await check('ready');
        await button(page, messages.recording.record).click();
        await clockAt(page, 1);
        await check('recording');
        await button(page, messages.recording.stop).click();
        await says(page, messages.recording.recorded);
        await check('recorded');
        assert.deepEqual(problems, []);
      }
      const ended = await open(t, world.browser, `${world.bot.url}/record/none`, { locale: 'en-GB', ...options });
      await ended.page.getByRole('heading', { name: talk.endedTitle }).waitFor();
      await look(ended.page, `talk-${name}-none`);
      assert.deepEqual(await violations(ended.page), []);
    });
  }
});
