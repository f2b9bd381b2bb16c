import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { startBot } from '../support/bot.ts';

/** As Direct Line sends them: without the fields of a message. */
const DIRECT_LINE = {
  channelId: 'directline',
  conversation: { id: 'c1' },
  recipient: { id: 'voicebot@abc', name: 'Bot' },
};

describe('an activity that needs no id', () => {
  for (const hasAppId of [true, false]) {
    const who = hasAppId ? 'a channel' : 'a client on this machine';

    it(`is answered 200 and ignored: typing or event without \`id\`, conversationUpdate without \`from\` (${who})`, async (t) => {
      const bot = await startBot({ hasAppId, turns: ['Hi'] });
      t.after(() => bot.close());
      const serviceUrl = bot.connector.url;
      const from = { id: 'dl_user1' };
      const odd = [
        { type: 'typing', from },
        { type: 'event', name: 'webchat/join', from },
        { type: 'event', name: 'x', value: { a: 1 } },
        { type: 'conversationUpdate' },
        { type: 'conversationUpdate', id: null, from: null, membersAdded: [] },
        { type: 'messageReaction', reactionsAdded: [{ type: 'like' }] },
        { type: 'installationUpdate', action: 'remove-upgrade' },
        { type: 'endOfConversation' },
        { type: 'trace', from: {} },
      ];
      for (const fields of odd) {
        const response = await bot.post({ ...DIRECT_LINE, serviceUrl, ...fields });
        assert.equal(response.status, 200, JSON.stringify(fields));
      }
      await bot.says('hello', { ...DIRECT_LINE, from });
      const messages = await bot.connector.whenMessages(1);
      assert.deepEqual(
        messages.map(({ body }) => body.text),
        ['Hi'],
      );
      assert.ok(!bot.logs.some(({ level }) => level === 'error'));
    });

    it(`still causes a greeting in a new conversation, without \`id\` and \`from\` (${who})`, async (t) => {
      const bot = await startBot({ hasAppId });
      t.after(() => bot.close());
      const added = { type: 'conversationUpdate', membersAdded: [{ id: 'voicebot@abc' }] };
      assert.equal((await bot.post({ ...DIRECT_LINE, serviceUrl: bot.connector.url, ...added })).status, 200);
      const [welcome] = await bot.connector.whenMessages(1);
      assert.equal(welcome?.body.text, en.welcome);
    });
  }
});
