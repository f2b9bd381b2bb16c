import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBot } from '../support/bot.ts';

const rating = (reaction: unknown) => ({
  type: 'invoke',
  name: 'message/submitAction',
  channelId: 'msteams',
  replyToId: 'sent-7',
  value: { actionName: 'feedback', actionValue: { reaction, feedback: '{"feedbackText":"secret words"}' } },
});

describe('feedback on an answer', () => {
  for (const reaction of ['like', 'dislike']) {
    it(`is acknowledged, and logged without the user's words: ${reaction}`, async (t) => {
      const bot = await startBot();
      t.after(() => bot.close());
      const response = await bot.post({ ...bot.message(undefined), ...rating(reaction) });
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), {});
      const line = bot.logs.find(({ msg }) => msg === 'reply rated');
      assert.deepEqual([line?.['reaction'], line?.['replyToId']], [reaction, 'sent-7']);
      assert.doesNotMatch(JSON.stringify(bot.logs), /secret words/);
    });
  }

  it('of users who are not allowed is acknowledged and not counted', async (t) => {
    const bot = await startBot({ env: { ALLOWED_USERS: 'somebody-else' } });
    t.after(() => bot.close());
    assert.equal((await bot.post({ ...bot.message(undefined), ...rating('like') })).status, 200);
    assert.ok(!bot.logs.some(({ msg }) => msg === 'reply rated'));
  });

  it('with another value is not counted', async (t) => {
    const bot = await startBot();
    t.after(() => bot.close());
    for (const value of [null, {}, 'x', { actionName: 'feedback' }, { actionName: 'feedback', actionValue: null }]) {
      const response = await bot.post({ ...bot.message(undefined), ...rating('like'), value });
      assert.equal(response.status, 501, JSON.stringify(value));
    }
  });
});
