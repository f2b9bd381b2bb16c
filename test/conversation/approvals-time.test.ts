import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { APPROVAL_MS } from '../../src/conversation/approvals/approval.ts';
import { en } from '../../src/messages/en.ts';
import type { BotUnderTestOptions } from '../support/bot.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ApprovalChat, startApproving } from './approving.ts';

const { approval: texts } = en;

async function startTimed(t: TestContext, { env }: BotUnderTestOptions = {}) {
  const clock = new ManualClock();
  const under = await startApproving(t, { ...(env && { env }), deps: { clock }, simulator: { clock } });
  return { ...under, clock, chat: new ApprovalChat(under.bot) };
}

describe('a call that waits', { timeout: 30_000 }, () => {
  it('can be decided for 24 hours', async (t) => {
    const { chat, clock, ran } = await startTimed(t);
    await chat.ask('do note A');
    await clock.advance(APPROVAL_MS - 1);
    await chat.ask('do note B');
    const [first, second] = chat.cards;
    await chat.say(undefined, { value: chat.data('allow', first) });
    await chat.whenSaid('Said: echo: {"text":"A"}');
    await clock.advance(APPROVAL_MS);
    for (const card of [first, second]) {
      const { length } = chat.messages;
      await chat.say(undefined, { value: chat.data('allow', card) });
      assert.equal((await chat.when(length + 1)).at(-1), texts.gone);
    }
    await chat.say('/allow');
    await chat.whenSaid(texts.nothingWaits);
    assert.deepEqual([ran('A'), ran('B')], [1, 0]);
  });

  it('can be decided again after a budget did not allow the turn that carries it out', async (t) => {
    const priced = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5', REALTIME_MAX_OUTPUT_TOKENS: '1000' };
    const { chat, clock, ran } = await startTimed(t, { env: { ...priced, DAILY_BUDGET_USD: '0.5' } });
    await chat.ask('do note C');
    for (let count = chat.messages.length + 1; chat.texts.at(-1) !== en.limits.day; count++) {
      await chat.say('please talk '.repeat(100));
      await chat.when(count);
    }
    const refused = `${en.limits.day}\n\n${texts.stillWaits('Write a note')}`;
    for (const time of [1, 2]) {
      const { length } = chat.messages;
      await chat.press('allow');
      assert.equal((await chat.when(length + 1)).at(-1), refused, String(time));
    }
    assert.equal(ran('C'), 0);
    await clock.advance(APPROVAL_MS - 2_000);
    await chat.say('/allow');
    await chat.whenSaid('Said: echo: {"text":"C"}');
    assert.equal(ran('C'), 1);
  });
});
