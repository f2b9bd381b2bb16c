import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { button } from './player-page.ts';
import { launchHearing, openTalk, record, says, warns } from './recording-page.ts';

const { recording: talk } = en;

describe('the recording page when its link is about to expire', () => {
  const world = {} as { bot: BotUnderTest; browser: Browser };

  before(async () => {
    world.bot = await startBot({ turns: ['One'] });
    world.browser = await launchHearing();
  });

  after(async () => {
    await world.browser?.close();
    await world.bot?.close();
  });

  /** Sets the clock of the page forward. */
  const later = (minutes: number) => `{
    const now = performance.now.bind(performance);
    performance.now = () => now() + ${minutes * 60_000};
  }`;

  it('begins no recording', async (t) => {
    const { page } = await openTalk(t, world);
    await page.evaluate(later(10));
    await button(page, talk.record).click();
    await says(page, talk.ended);
  });

  it('keeps and sends the recording that it has when it is too late for another one', async (t) => {
    const { page } = await openTalk(t, world);
    await record(page, 1);
    await page.evaluate(later(10));
    await button(page, talk.recordAgain).click();
    await says(page, talk.tooLate);
    const { messages } = world.bot.connector;
    const count = messages.length;
    await button(page, talk.send).click();
    await says(page, talk.sent);
    await world.bot.connector.whenMessages(count + 1);
  });

  it('ends a recording that the user permitted late while it can still be sent', async (t) => {
    const script = `{
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        const stream = await ask(constraints);
        ${later(13)}
        return stream;
      };
    }`;
    const { page } = await openTalk(t, world, { script });
    await button(page, talk.record).click();
    await warns(page, talk.tooShort);
  });
});
