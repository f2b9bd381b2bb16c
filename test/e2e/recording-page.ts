import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Frame, Page } from 'playwright-core';
import { toPcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import { en } from '../../src/messages/en.ts';
import type { BotUnderTest } from '../support/bot.ts';
import { launchBrowser } from '../support/browser.ts';
import { toneOf } from '../support/pitch.ts';
import { requestRecordingLink } from '../support/recording-link.ts';
import { button, type Watched, watched } from './player-page.ts';

/** The input of the browser's fake microphone. */
export const HERTZ = 660;

/** A browser with a fake microphone; pages need a permission for it. */
export async function launchHearing(more: readonly string[] = []): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'talk-'));
  const heard = join(folder, 'microphone.wav');
  writeFileSync(heard, await encodeWav(toPcm([toneOf(HERTZ, 5)])));
  const args = ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${heard}`];
  const browser = await launchBrowser([...args, ...more]);
  browser.on('disconnected', () => rmSync(folder, { recursive: true }));
  return browser;
}

export interface TalkOptions extends BrowserContextOptions {
  /** A script that runs before those of the page. */
  readonly script?: string;
  /** Modifies the response of the page. */
  readonly edit?: (html: string) => string;
  readonly language?: string;
}

/** The page of a new recording link, watched from the start. Default: the microphone is permitted. */
export async function openTalk(
  t: TestContext,
  { bot, browser }: { readonly bot: BotUnderTest; readonly browser: Browser },
  { script, edit, language = 'en', ...options }: TalkOptions = {},
): Promise<Watched & { readonly url: string }> {
  const url = await requestRecordingLink(bot, { locale: language });
  const found = await watched(t, browser, { permissions: ['microphone'], ...options });
  if (script !== undefined) await found.page.addInitScript(script);
  if (edit !== undefined) {
    await found.page.route(url, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: edit(await response.text()) });
    });
  }
  await found.page.goto(url);
  return { ...found, url };
}

/** Records until the clock of the page shows a time, on a page in English. */
export async function record(page: Page | Frame, seconds: number): Promise<void> {
  await button(page, en.recording.record).click();
  await clockAt(page, seconds);
  await button(page, en.recording.stop).click();
  await button(page, en.recording.send).waitFor();
}

/** Resolves once this number of seconds is recorded. */
export function clockAt(page: Page | Frame, seconds: number): Promise<void> {
  return page
    .getByRole('timer')
    .filter({ hasText: `0:0${seconds} ` })
    .waitFor();
}

/** Resolves once the page shows this text. */
export function says(page: Page | Frame, text: string): Promise<void> {
  return page.getByRole('status').filter({ hasText: text }).waitFor();
}

/** Resolves once the page shows this error. */
export function warns(page: Page | Frame, text: string): Promise<void> {
  return page.getByRole('alert').filter({ hasText: text }).waitFor();
}
