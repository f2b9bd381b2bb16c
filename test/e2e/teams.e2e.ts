import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { type Demo, look, startDemo } from './demo-process.ts';

/** The first and the last words of the simulator's long answer. */
const BEGINNING = 'This is a long answer.';
const END = 'That was the long answer.';

describe('the demo in Agents Playground as Teams', () => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;

  before(async () => {
    browser = await launchBrowser();
    demo = await startDemo(['--channel', 'msteams']);
    page = await browser.newPage();
    await page.goto(demo.chatPage);
  });

  after(async () => {
    await browser?.close();
    await demo?.close();
  });

  /** The bubbles of the chat, without the log panel, which repeats the texts. */
  const bubble = (text: string | RegExp) => page.locator('.fai-OutputCard').filter({ hasText: text }).last();

  it('shows the answer while it is spoken, then label, thumbs and card', async () => {
    await bubble('Hello! Send me a message').waitFor();
    await page.locator('[contenteditable="true"][role="textbox"]').first().fill('long');
    await page.keyboard.press('Enter');
    await bubble('Finding my words').waitFor();
    await bubble(/^This/).waitFor();
    await look(page, 'teams-growing');
    assert.equal(await bubble(END).count(), 0, 'it grows');
    await page.getByText('AI generated').first().waitFor({ timeout: 60_000 });
    assert.match((await bubble(BEGINNING).textContent()) ?? '', new RegExp(`${END}\\s*$`));
    await bubble('▶ Play 1:00').waitFor();
    await look(page, 'teams-card');
  });

  it('opens the player in a browser', async () => {
    const opened = page.context().waitForEvent('page');
    await page.getByText('Open in browser').last().click();
    const player = await opened;
    await player.getByRole('button', { name: 'Play' }).click();
    await player.getByRole('button', { name: 'Pause' }).waitFor();
    await player.getByText(BEGINNING).waitFor();
    await look(player, 'teams-opened-in-browser');
  });

  it('offers the audio as a file on request', async () => {
    await page.getByText('Save .wav').last().click();
    // The Playground names the card that it cannot show.
    await bubble('File Consent Card is not supported').waitFor();
    await look(page, 'teams-save');
  });
});
