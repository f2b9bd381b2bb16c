import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { type Demo, look, startDemo } from './demo-process.ts';
import { heard } from './heard.ts';

describe('the demo with Agents Playground', () => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;

  before(async () => {
    browser = await launchBrowser();
    demo = await startDemo(['--client', 'playground']);
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

  /** A bubble of the bot in the chat (the page has a log panel with the same words). */
  function answer(text: string | RegExp) {
    return page.locator('.webchat__bubble:not(.webchat__bubble--from-user)').filter({ hasText: text }).last();
  }

  it('greets, answers "say …" in text, and plays the answer to its end', async () => {
    await page.getByText('Hello! Send me a message').first().waitFor();
    await type('say The quick brown fox jumps over the lazy dog');
    await answer('The quick brown fox jumps over the lazy dog').waitFor();

    const seconds = await heard(page);
    assert.ok(seconds > 1, `the answer lasts ${seconds} s`);
    await look(page, 'played');
  });

  it('remembers the conversation', async () => {
    await type('what did I say');
    await answer(/(?=.*you said)(?=.*quick brown fox)/i).waitFor();
    await look(page, 'remembered');
  });
});
