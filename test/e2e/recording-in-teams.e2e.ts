import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Frame } from 'playwright-core';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { pitchOf } from '../support/pitch.ts';
import { clipsOf } from '../support/recording-link.ts';
import { look } from './demo-process.ts';
import { button, violations, type Watched, watched } from './player-page.ts';
import { HERTZ, launchHearing, record, says, warns } from './recording-page.ts';
import { BOT_HOST, startTeamsFront, TEAMS_HOST, type TeamsFront } from './teams-front.ts';

const { recording: talk } = en;
const CHAT = { channelId: 'msteams', conversation: { id: 'group-1', conversationType: 'groupChat', isGroup: true } };

describe('the recording page in a Teams dialog', () => {
  const certificate = makeCertificate(TEAMS_HOST, BOT_HOST);
  const skip = certificate === undefined && 'there is no openssl to make a certificate with';
  let bot: BotUnderTest;
  let front: TeamsFront;
  let browser: Browser;

  before(async () => {
    if (skip) return;
    bot = await startBot({ turns: ['I heard you'] });
    front = await startTeamsFront(bot.url, certificate as Certificate);
    browser = await launchHearing(front.browserArgs);
  });

  after(async () => {
    await browser?.close();
    await front?.close();
    await bot?.close();
    certificate?.close();
  });

  /** The address that Teams gets when the requesting user presses the button. */
  async function pressed(): Promise<string> {
    const before = bot.connector.messages.length;
    await bot.says('/talk', CHAT);
    const card = (await bot.connector.whenMessages(before + 1))[before];
    const data = card?.body.attachments[0].content.actions[0].data;
    const invoke = bot.message(undefined, { type: 'invoke', name: 'task/fetch', value: { data }, ...CHAT });
    const { task } = (await (await bot.post(invoke)).json()) as { task: { value: { url: string } } };
    return task.value.url;
  }

  async function opened(t: TestContext, options: BrowserContextOptions): Promise<Watched & { readonly dialog: Frame }> {
    const found = await watched(t, browser, { ignoreHTTPSErrors: true, ...options });
    await found.page.goto(front.dialogOf(new URL(await pressed()).pathname));
    const dialog = found.page.frames()[1] ?? assert.fail('nothing is framed');
    await dialog.locator('html[data-theme="dark"]').waitFor();
    return { ...found, dialog };
  }

  it('uses the theme of Teams, records, sends, and closes the dialog', { skip }, async (t) => {
    const { page, dialog, problems } = await opened(t, { permissions: ['microphone'] });
    await record(dialog, 1);
    assert.deepEqual(await violations(dialog), []);
    await look(page, 'talk-teams-recorded');
    const closed = page.evaluate(`whenCalled('tasks.completeTask')`);
    await button(dialog, talk.send).click();
    await says(dialog, talk.sent);
    const reply = await bot.connector.when(({ body }) => body?.text === 'I heard you');
    assert.match(reply.path, /^\/v3\/conversations\/group-1\//);
    assert.equal(pitchOf(clipsOf(bot)[0] ?? Buffer.alloc(0)), HERTZ);
    await closed;
    assert.deepEqual(problems, []);
  });

  it('links to a browser if Teams does not give access to the microphone', { skip }, async (t) => {
    const { page, dialog } = await opened(t, {});
    await button(dialog, talk.record).click();
    await warns(dialog, talk.refused);
    await look(page, 'talk-teams-refused');
    assert.deepEqual(await violations(dialog), []);
    const link = dialog.getByRole('link', { name: en.card.openInBrowser });
    assert.equal(await dialog.evaluate('document.links[0].href'), dialog.url());
    assert.equal(await link.getAttribute('target'), '_blank');
  });
});
