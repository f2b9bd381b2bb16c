import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startDemo } from '../e2e/demo-process.ts';
import { launchBrowser } from '../support/browser.ts';

// Makes the pictures of the documents from the running demo: `npm run docs:pictures`. Needs Chromium.

const folder = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const ANSWER = 'The moon is about 384,400 kilometres away. Light needs a little more than a second for that.';

async function write(page: Page, text: string): Promise<void> {
  const box = page.getByRole('textbox').last();
  await box.fill(text);
  await box.press('Enter');
}

/** The page of the demo while an answer plays. */
async function takeChat(page: Page): Promise<void> {
  await page.locator('.webchat__bubble').first().waitFor();
  await write(page, `say ${ANSWER}`);
  const player = page.locator('audio').last();
  await player.waitFor({ state: 'attached' });
  await player.evaluate((audio) => (audio as unknown as { play(): Promise<void> }).play());
  await page.waitForFunction("Array.from(document.querySelectorAll('audio')).at(-1).currentTime > 1.5");
  await page.screenshot({ path: `${folder}/chat.png` });
}

/** The page on which people speak, while it records. `page`: the chat, in which it is asked for. */
async function takeRecording(page: Page): Promise<void> {
  await write(page, '/talk');
  const link = await page.getByRole('link', { name: 'Speak' }).last().getAttribute('href');
  const recorder = await page.context().newPage();
  await recorder.setViewportSize({ width: 400, height: 400 });
  await recorder.goto(link ?? '');
  await recorder.getByRole('button', { name: 'Record' }).click();
  await recorder
    .getByText(/0:0[2-9]/)
    .first()
    .waitFor();
  await recorder.screenshot({ path: `${folder}/record.png` });
}

/** A card below an answer, as Agents Playground shows it in its Teams; without what it says of itself. */
async function takeTeams(page: Page): Promise<void> {
  await page.setViewportSize({ width: 900, height: 640 });
  await page.getByTitle('Hide log panel').click();
  await page.setViewportSize({ width: 640, height: 640 });
  await write(page, `say ${ANSWER}`);
  const save = page.getByRole('button', { name: 'Save .wav' }).last();
  await save.waitFor();
  const { y = 0, height = 0 } = (await save.boundingBox()) ?? {};
  const bottom = y + height + 30;
  const clip = { x: 0, y: bottom - 400, width: 560, height: 400 };
  await page.screenshot({ path: `${folder}/teams-card.png`, clip });
}

async function withDemo(
  browser: Browser,
  options: readonly string[],
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const demo = await startDemo(...options);
  const context = await browser.newContext({ viewport: { width: 640, height: 560 }, permissions: ['microphone'] });
  const page = await context.newPage();
  await page.goto(demo.chatPage);
  await work(page);
  await context.close();
  await demo.close();
}

mkdirSync(folder, { recursive: true });
const browser = await launchBrowser(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
await withDemo(browser, [], async (page) => {
  await takeChat(page);
  await takeRecording(page);
});
await withDemo(browser, ['--channel', 'msteams'], takeTeams);
await browser.close();
