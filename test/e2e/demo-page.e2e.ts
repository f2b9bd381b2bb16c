import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { de } from '../../src/messages/de.ts';
import { png } from '../attachments/pictures.ts';
import { launchBrowser } from '../support/browser.ts';
import { FILESYSTEM } from '../tools/mcp-under-test.ts';
import { type Demo, look, startDemo } from './demo-process.ts';
import { heard } from './heard.ts';
import { violations } from './player-page.ts';
import { send } from './webchat-page.ts';

/** `npm run demo` as a new user sees it: the real bot, the simulator, and Microsoft's own bundle in a browser. */
describe('the demo page', () => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;
  let folder: string;
  const problems: string[] = [];

  before(async () => {
    browser = await launchBrowser();
    folder = mkdtempSync(join(tmpdir(), 'demo-page-'));
    const files = { command: process.execPath, args: [FILESYSTEM, folder] };
    const config = join(folder, 'mcp.json');
    writeFileSync(config, JSON.stringify({ mcpServers: { files } }));
    demo = await startDemo([], { MCP_CONFIG: config });
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('response', (response) => response.ok() || problems.push(`${response.status()} ${response.url()}`));
    await page.goto(demo.chatPage);
  });

  after(async () => {
    await browser?.close();
    await demo?.close();
    rmSync(folder, { recursive: true });
  });

  function answer(text: string | RegExp) {
    return page.locator('.webchat__bubble:not(.webchat__bubble--from-user)').filter({ hasText: text }).last();
  }

  async function press(name: string): Promise<void> {
    await page.getByRole('button', { name, exact: true }).click();
  }

  /** Resolves once the pictures that the user has sent are shown, with these widths. */
  async function shows(widths: readonly number[]): Promise<void> {
    const shown = "Array.from(document.querySelectorAll('.webchat__bubble--from-user img'), (img) => img.naturalWidth)";
    await page.waitForFunction(`JSON.stringify(${shown}) === ${JSON.stringify(JSON.stringify(widths))}`);
  }

  it('greets, names the voice, and answers a question aloud', async () => {
    await answer('Hello! Send me a message').waitFor();
    await page.getByText('Default voice: alloy').waitFor();
    await press('Ask a question');
    await answer('Why did the robot go on holiday?').waitFor();
    const seconds = await heard(page);
    assert.ok(seconds > 1, `the answer lasts ${seconds} s`);
    await look(page, 'demo-question');
  });

  it('speaks the answer to a question about an order, which a function provides', async () => {
    await press('Ask about an order');
    await answer(/Let me look.*shipped/s).waitFor();
    assert.ok((await heard(page)) > 1);
    await look(page, 'demo-order');
  });

  it('asks before it writes a file, and writes it only when it is allowed', async () => {
    const note = join(folder, 'note.txt');
    for (const [choice, result] of [
      ['Deny', /Denied: Write File.*I did not do that/s],
      ['Allow once', /Allowed: Write File.*Successfully wrote/s],
    ] as const) {
      await press('Write a note');
      await page
        .getByText('May I use “Write File”?')
        .nth(choice === 'Deny' ? 0 : 1)
        .waitFor();
      assert.equal(existsSync(note), false);
      await page.getByRole('button', { name: choice, exact: true }).last().click();
      await answer(result).waitFor();
      await look(page, `demo-${choice === 'Deny' ? 'denied' : 'allowed'}`);
    }
    assert.equal(readFileSync(note, 'utf8'), 'Remember the milk');
  });

  it('asks before it creates a ticket, which an example function does', async () => {
    await press('Create a ticket');
    await page.getByText('May I use “Create ticket”?').waitFor();
    await page.getByRole('button', { name: 'Allow once', exact: true }).last().click();
    await answer(/Allowed: Create ticket.*Ticket number \d{4}/s).waitFor();
    await look(page, 'demo-ticket');
  });

  it('sends an attached picture with the next message, and one of its own at once, and shows both', async () => {
    const buffer = png({ width: 30, height: 20, data: Buffer.alloc(30 * 20 * 4, 255) });
    await page.locator('input[type=file]').setInputFiles({ name: 'white.png', mimeType: 'image/png', buffer });
    await page.getByPlaceholder('white.png: add a text, or send').waitFor();
    await look(page, 'demo-attached');
    await send(page, 'What is this?');
    await answer('You said: What is this? I see a picture of 30 by 20 pixels').waitFor();
    await page.getByPlaceholder('Type your message').waitFor();
    await press('Send a picture');
    await answer('I see a picture of 640 by 400 pixels').waitFor();
    await shows([30, 640]);
    await look(page, 'demo-picture');
  });

  it('sends a voice message, and shows a player for it', async () => {
    await press('Send a voice message');
    await answer(/I heard \d\.\d seconds of sound/).waitFor();
    await page.waitForFunction(`document.querySelector('.webchat__bubble--from-user audio')?.duration > 1`);
  });

  it('links to the recording page, lists commands, and shows a price', async () => {
    await press('Get a microphone link');
    await answer('You can speak to me here').waitFor();
    await press('/help');
    await answer('/forget').waitFor();
    await send(page, '/usage');
    await answer(/estimated cost: \S*\d/).waitFor();
    await look(page, 'demo-commands');
  });

  it('continues the conversation after a reload, and starts another one', async () => {
    await page.reload();
    await answer('I see a picture of 640 by 400 pixels').waitFor();
    await shows([30, 640]);
    await press('New chat');
    await answer('Hello! Send me a message').waitFor();
    assert.equal(await page.locator('.webchat__bubble').count(), 1);
  });

  it('fits a small phone, in light and dark, and meets the accessibility rules', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320);
      // Microsoft checks its Web Chat itself.
      assert.deepEqual(await violations(page, '#chat'), []);
      await look(page, `demo-phone-${colorScheme}`);
    }
    assert.deepEqual(problems, []);
  });

  it("is in the browser's language", async (t) => {
    const german = await browser.newPage({ locale: 'de-AT' });
    t.after(() => german.close());
    await german.goto(demo.chatPage);
    await german.getByText('Standardstimme: alloy').waitFor();
    await german.locator('.webchat__bubble', { hasText: de.welcome }).waitFor();
    await german.getByRole('navigation', { name: 'Zum Ausprobieren' }).waitFor();
    await german.getByRole('button', { name: 'Nach einer Bestellung fragen', exact: true }).click();
    await german.getByText('shipped').first().waitFor();
    assert.deepEqual(await violations(german, '#chat'), []);
    await look(german, 'demo-german');
  });

  it('rejects other machines and other sites', async () => {
    const { port } = new URL(demo.chatPage);
    const post = (path: string, headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers });
    assert.equal((await post('/v3/directline/conversations', { origin: 'https://evil.example' })).status, 403);
    assert.equal((await post('/v3/directline/conversations', {})).status, 201);
  });
});
