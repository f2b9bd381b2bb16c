import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { startDirectLine } from '../../dev/direct-line/direct-line.ts';
import { systemClock } from '../../src/clock.ts';
import { en } from '../../src/messages/en.ts';
import * as wire from '../realtime/server-events.ts';
import { startBot } from '../support/bot.ts';
import { launchBrowser } from '../support/browser.ts';
import { type ReceivedRequest, startRawModel } from '../support/raw-model.ts';
import { look } from './demo-process.ts';
import { open } from './player-page.ts';
import { PLAYER, reads, send, serveWebChat } from './webchat-page.ts';

/** Half a second at 24 kHz. */
const SOUND = new Uint8Array(24_000);
/** A question, the first words of its answer, and the rest. */
const TALK = [
  ['First?', 'Once', 'Once upon a time'],
  ['Second?', 'Twice', 'Twice upon a time'],
  ['Third?', 'Thrice', 'Thrice upon a time'],
] as const;

describe('Web Chat', { concurrency: true }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  /** Web Chat in a browser, Direct Line with its own clock, the bot, and a scripted model. */
  async function chat(t: TestContext, directLineAheadMs: number) {
    const questions = TALK.map(() => Promise.withResolvers<ReceivedRequest>());
    const model = await startRawModel(questions.map(({ resolve }) => resolve));
    t.after(() => model.close());
    const bot = await startBot({ env: { AZURE_OPENAI_ENDPOINT: model.url } });
    t.after(() => bot.close());
    const clock = { ...systemClock, now: () => Date.now() + directLineAheadMs };
    const botEndpoint = `${bot.url}/api/messages`;
    const directLine = await startDirectLine({ botEndpoint, servePage: serveWebChat, clock });
    t.after(() => directLine.close());
    const { page, problems } = await open(t, browser, directLine.url);
    return { page, problems, asked: questions.map(({ promise }) => promise) };
  }

  for (const [name, aheadMs] of [
    ['behind', 60_000],
    ['ahead', -60_000],
  ] as const) {
    it(`shows each streamed answer in one bubble below its question, with the bot's clock ${name}`, async (t) => {
      const { page, problems, asked } = await chat(t, aheadMs);
      const shown: string[] = [en.welcome];
      for (const [index, [question, beginning, whole]] of TALK.entries()) {
        await send(page, question);
        const { send: says, response, turn } = (await asked[index]) ?? assert.fail();
        says(wire.created({ response, turn }), wire.transcriptDelta(beginning, { response }));
        shown.push(question);
        await reads(page, [...shown, beginning]);
        says(wire.transcriptDelta(whole.slice(beginning.length), { response }));
        await reads(page, [...shown, whole]);
        says(wire.audioDelta(SOUND, { response }), wire.done({ response, turn }));
        shown.push(whole, PLAYER);
        await reads(page, shown);
        await page.waitForFunction(`Array.from(document.querySelectorAll('audio')).at(-1).duration === 0.5`);
      }
      await look(page, `webchat-${name}`);
      await page.reload();
      await reads(page, shown);
      assert.deepEqual(problems, []);
    });
  }
});
