import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { SIMULATED_RESOURCE } from '../../dev/simulator/resource.ts';
import { simulatedResponder } from '../../dev/simulator/rules.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { openVoice } from '../../dev/simulator/voice.ts';
import { startDemo } from '../e2e/demo-process.ts';
import { launchBrowser } from '../support/browser.ts';

// `npm run docs:pictures`: makes the pictures of the documents from the real programs. Needs Chromium.

const folder = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const ANSWER = 'The moon is about 384,400 kilometres away. Light needs a little more than a second for that.';

async function write(page: Page, text: string): Promise<void> {
  const box = page.getByRole('textbox').last();
  await box.fill(text);
  await box.press('Enter');
}

/** The chat page of the demo while an answer plays. */
async function takeChat(page: Page): Promise<void> {
  await page.locator('.webchat__bubble').first().waitFor();
  await write(page, `say ${ANSWER}`);
  const player = page.locator('audio').last();
  await player.waitFor({ state: 'attached' });
  await player.evaluate((audio) => (audio as unknown as { play(): Promise<void> }).play());
  await page.waitForFunction("Array.from(document.querySelectorAll('audio')).at(-1).currentTime > 1.5");
  await page.screenshot({ path: `${folder}/chat.png` });
}

/** The recording page while it records. `page`: the chat. */
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
  // The microphone of the browser beeps once a second.
  while (Number(await recorder.evaluate("document.querySelector('progress').value")) < 0.3);
  await recorder.screenshot({ path: `${folder}/record.png` });
}

/** The card that asks whether a ticket may be created, in a new chat on the page of the demo. */
async function takeApproval(page: Page): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'New chat' }).click()]);
  await page.locator('.webchat__bubble').first().waitFor();
  await page.getByRole('button', { name: 'Create a ticket' }).click();
  await page.getByRole('button', { name: 'Deny' }).last().waitFor();
  await page.screenshot({ path: `${folder}/approval.png` });
}

/** The card below an answer in Agents Playground, with the question above it. */
async function takeTeams(page: Page): Promise<void> {
  await page.setViewportSize({ width: 900, height: 640 });
  await page.getByTitle('Hide log panel').click();
  await page.setViewportSize({ width: 640, height: 640 });
  await write(page, `say ${ANSWER}`);
  const save = page.getByRole('button', { name: 'Save .wav' }).last();
  await save.waitFor();
  const question = await page.getByText(`say ${ANSWER}`).last().boundingBox();
  const button = await save.boundingBox();
  const top = (question?.y ?? 0) - 34;
  const bottom = (button?.y ?? 0) + (button?.height ?? 0) + 30;
  const clip = { x: 0, y: top, width: 640, height: bottom - top };
  await page.screenshot({ path: `${folder}/teams-card.png`, clip });
}

/** Runs the doctor against the simulator with a misspelled deployment. Resolves with its output. */
async function runDoctor(): Promise<string> {
  const voice = await openVoice();
  const simulator = await startSimulator({ responder: simulatedResponder, voice, resource: SIMULATED_RESOURCE });
  const cwd = mkdtempSync(join(tmpdir(), 'doctor-'));
  const env = {
    PATH: process.env['PATH'],
    AZURE_OPENAI_ENDPOINT: simulator.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtim',
    AZURE_OPENAI_API_KEY: SIMULATED_RESOURCE.key,
  };
  const doctor = fileURLToPath(new URL('../../src/doctor.ts', import.meta.url));
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [doctor], { cwd, env }, (_error, stdout) => resolve(stdout));
  });
  await Promise.all([simulator.close(), voice.close()]);
  rmSync(cwd, { recursive: true });
  return output;
}

/** The output of the doctor, as a terminal of 110 columns shows it. */
async function takeDoctor(browser: Browser): Promise<void> {
  const text = `$ npm run doctor\n${await runDoctor()}`.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const style =
    'margin:0;padding:16px;width:110ch;background:#1e1e1e;color:#ddd;font:13px/1.5 monospace;white-space:pre-wrap';
  const page = await browser.newPage({ viewport: { width: 940, height: 600 } });
  await page.setContent(`<body style="margin:0"><pre style="${style}">${text}</pre>`);
  await page.locator('pre').screenshot({ path: `${folder}/doctor.png` });
  await page.close();
}

async function withDemo(
  browser: Browser,
  options: readonly string[],
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const demo = await startDemo(options);
  const context = await browser.newContext({ viewport: { width: 640, height: 560 }, permissions: ['microphone'] });
  try {
    const page = await context.newPage();
    await page.goto(demo.chatPage);
    await work(page);
  } finally {
    await context.close();
    await demo.close();
  }
}

mkdirSync(folder, { recursive: true });
const browser = await launchBrowser(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
await withDemo(browser, [], async (page) => {
  await takeChat(page);
  await takeRecording(page);
  await takeApproval(page);
});
await withDemo(browser, ['--channel', 'msteams'], takeTeams);
await takeDoctor(browser);
await browser.close();
