import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBot } from '../support/bot.ts';
import { FastClock } from '../support/fast-clock.ts';

const CHAT = { conversation: { id: 'a:1', conversationType: 'personal' } };

describe('a compound channel id', () => {
  it('has the capabilities, conversation and telemetry of its channel, and is sent in full on the wire', async (t) => {
    const bot = await startBot({ turns: ['One', 'Two'], deps: { clock: new FastClock() } });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('my name is Ada', { ...CHAT, channelId: 'msteams:COPILOT' });
    const [first] = await bot.connector.whenMessages(1);
    assert.match(JSON.stringify(first?.body.entities), /AIGeneratedContent/);
    assert.equal(first?.body.channelId, 'msteams:COPILOT');
    await bot.says('who am I?', { ...CHAT, channelId: 'msteams' });
    await bot.connector.whenMessages(2);
    assert.deepEqual(
      bot.script.contexts[1]?.history.map(({ text }) => text),
      ['my name is Ada', 'One'],
    );
    const line = bot.logs.find(({ msg }) => msg === 'turn ended');
    assert.equal(line?.['conversation'], 'msteams/a:1');
  });

  it('passes the check of a token whose endorsements name only the channel', async (t) => {
    const bot = await startBot({ hasAppId: true, turns: ['Hi'] });
    t.after(() => bot[Symbol.asyncDispose]());
    const response = await bot.says('hello', { ...CHAT, channelId: 'msteams:COPILOT' });
    assert.equal(response.status, 200);
    const [first] = await bot.connector.whenMessages(1);
    assert.equal(first?.body.text, 'Hi');
    assert.equal(first?.body.channelId, 'msteams:COPILOT');
    assert.equal((await bot.says('hello', { ...CHAT, channelId: 'nobody:COPILOT' })).status, 401);
  });
});
