import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Frame, Page } from 'playwright-core';
import type { BotUnderTest } from '../support/bot.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const axe = readFileSync(`${root}node_modules/axe-core/axe.min.js`, 'utf8');

/** The length of every reply. */
export const SECONDS = 3;

/** A reply of two paragraphs. */
export const ENGLISH = `Hi there. The moon is about 384,400 kilometres away from us, which is thirty times the width of the Earth.

Light needs a little more than a second for that. Shall I tell you how the distance is measured?`;

/** A quiet tone of 440 Hz. */
function tone(): Buffer {
  const pcm = Buffer.alloc(SECONDS * 48_000);
  for (let at = 0; at < pcm.length; at += 2) {
    pcm.writeInt16LE(Math.round(4_000 * Math.sin((at * Math.PI * 440) / 24_000)), at);
  }
  return pcm;
}

/** A turn with this text and audio of a fixed length. */
export const spoken = (text: string) => ({ outputs: [{ text, pcm: tone() }], ending: { kind: 'completed' } }) as const;

/** Requests the next reply. Resolves with the address of its player. */
export async function playerOfReply(bot: BotUnderTest, locale: string): Promise<string> {
  const count = bot.connector.messages.length;
  await bot.says('How far is the moon?', { locale });
  const reply = (await bot.connector.whenMessages(count + 1)).at(-1);
  return String(reply?.body.attachments[0].contentUrl).replace(/\.wav$/, '');
}

/** Errors and requests of a page. */
export interface Watched {
  readonly page: Page;
  readonly problems: string[];
  readonly requests: { readonly url: string; readonly status: number }[];
}

/** An empty, watched page in its own browser context. */
export async function watched(t: TestContext, browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
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

/** The page at the address, watched from the start. */
export async function open(
  t: TestContext,
  browser: Browser,
  url: string,
  options?: BrowserContextOptions,
): Promise<Watched> {
  const found = await watched(t, browser, options);
  await found.page.goto(url);
  return found;
}

/** The button with exactly this name. */
export const button = (page: Page | Frame, name: string) => page.getByRole('button', { name, exact: true });

/**
 * Resolves when the audio element satisfies the predicate. Checks at every event: the page's policy forbids polling
 * with a string.
 */
export function until(page: Page | Frame, claim: string): Promise<void> {
  return page.evaluate(`new Promise((resolve) => {
    const look = () => { if (${claim}) resolve(); };
    for (const name of ['canplaythrough', 'timeupdate', 'seeked', 'ended']) audio.addEventListener(name, look);
    look();
  })`);
}

/** Loaded completely, and paused. */
export async function assertSilent(page: Page | Frame): Promise<void> {
  await until(page, 'audio.readyState === 4');
  assert.deepEqual(await page.evaluate('[audio.paused, audio.currentTime, audio.played.length]'), [true, 0, 0]);
}

/** The violations that axe finds outside of `left`. Evaluated as one expression: the page's policy blocks scripts. */
export async function violations(page: Page | Frame, left = '#none'): Promise<unknown> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run({ exclude: ['${left}'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => [html, failureSummary]) })))`);
}
