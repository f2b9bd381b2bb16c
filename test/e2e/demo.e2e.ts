import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { type Demo, look, startDemo } from './demo-process.ts';

/** What is used of the browser's own type, which is not known to Node's. */
interface AudioElement {
  readonly currentTime: number;
  readonly duration: number;
  play(): Promise<void>;
  addEventListener(name: 'ended' | 'timeupdate', listener: (event: unknown) => void, options: { once: true }): void;
}

describe('the demo in a browser', () => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;

  before(async () => {
    browser = await launchBrowser();
    demo = await startDemo();
    page = await browser.newPage();
    await page.goto(demo.chatPage);
  });

  after(async () => {
    await browser?.close();
    await demo?.close();
  });

  async function type(text: string): Promise<void> {
    const box = page.getByLabel('Message input box');
    await box.fill(text);
    await box.press('Enter');
  }

  /** A bubble of the bot, as the chat shows it (the page has a log panel with the same words). */
  function answer(text: string | RegExp) {
    return page.locator('.webchat__bubble:not(.webchat__bubble--from-user)').filter({ hasText: text }).last();
  }

  it('greets, answers "say …" in text, and plays the answer to its end', async () => {
    await page.getByText('Hello! Write me a message').first().waitFor();
    await type('say The quick brown fox jumps over the lazy dog');
    await answer('The quick brown fox jumps over the lazy dog').waitFor();

    const audio = page.locator('audio').last();
    await audio.waitFor({ state: 'attached' });
    const source = (await audio.getAttribute('src')) ?? (await audio.locator('source').getAttribute('src'));
    assert.match(source ?? '', /^http:\/\/localhost:\d+\/audio\/[\w-]{22}\.\w+\.[\w-]{22}\.wav$/);
    const wav = new Uint8Array(await (await fetch(source ?? '')).arrayBuffer());
    const wavSeconds = (wav.byteLength - 44) / 48_000;
    assert.ok(wavSeconds > 1, `the answer lasts ${wavSeconds} s`);
    assert.ok(loudness(wav) > 0.01, `the answer is audible: ${loudness(wav)}`);

    const played = await audio.evaluate(async (found) => {
      const element = found as unknown as AudioElement;
      const ended = new Promise((resolve) => element.addEventListener('ended', resolve, { once: true }));
      await element.play();
      await new Promise((resolve) => element.addEventListener('timeupdate', resolve, { once: true }));
      const midSeconds = element.currentTime;
      await ended;
      return { midSeconds, endSeconds: element.currentTime, durationSeconds: element.duration };
    });
    await look(page, 'played');
    assert.ok(played.endSeconds > played.midSeconds || played.midSeconds > 0, 'the time moves');
    assert.ok(Math.abs(played.durationSeconds - wavSeconds) < 0.01, `${played.durationSeconds} s, not ${wavSeconds} s`);
    assert.ok(Math.abs(played.endSeconds - wavSeconds) < 0.1);
  });

  it('remembers what was said', async () => {
    await type('what did I say');
    await answer(/(?=.*you said)(?=.*quick brown fox)/i).waitFor();
    await look(page, 'remembered');
  });
});

/** Root mean square of the samples, 0 to 1. */
function loudness(wav: Uint8Array): number {
  const samples = new DataView(wav.buffer, wav.byteOffset + 44);
  let sum = 0;
  for (let at = 0; at + 1 < samples.byteLength; at += 2) sum += (samples.getInt16(at, true) / 32_768) ** 2;
  return Math.sqrt(sum / (samples.byteLength / 2));
}
