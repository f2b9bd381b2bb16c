import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BotUnderTest } from '../support/bot.ts';
import { uploadRecording } from '../support/recording-link.ts';
import type { Chat } from './instance.ts';
import { sharedPair } from './pair.ts';

const LONG = { timeout: 60_000, concurrency: true };

/** The page of a recording link, without its host. */
async function linkFrom(chat: Chat, bot: BotUnderTest): Promise<string> {
  const [, link = ''] = /\]\((.*)\)$/.exec((await chat.ask(bot, '/talk')).text) ?? [];
  return new URL(link).pathname;
}

describe('a recording link of two instances', LONG, () => {
  const pair = sharedPair();
  const talk = () => ({ ...pair(), chat: pair().chat() });

  it('opens on either of them, and accepts one recording', async () => {
    const { one, two, chat } = talk();
    const link = await linkFrom(chat, two);
    for (const bot of [one, two]) assert.equal((await fetch(bot.url + link)).status, 200);
    assert.equal((await uploadRecording(two.url + link)).status, 202);
    assert.equal((await chat.reply(2)).text, 'Re: 1 clips');
    for (const bot of [one, two]) {
      assert.equal((await fetch(bot.url + link)).status, 404);
      assert.equal((await uploadRecording(bot.url + link)).status, 404);
    }
    await chat.ask(one, 'next');
    assert.equal(chat.messages.length, 3);
  });

  it('accepts one of two concurrent recordings on both', async () => {
    const { one, two, chat } = talk();
    const link = await linkFrom(chat, one);
    const taken = await Promise.all([one, two].map(({ url }) => uploadRecording(url + link)));
    assert.deepEqual(taken.map(({ status }) => status).sort(), [202, 404]);
    await chat.reply(2);
    await chat.ask(two, 'next to the recording');
    assert.equal(chat.messages.length, 3);
    assert.equal(pair().model.contextsFor('next to the recording')[0]?.history.length, 2);
  });

  it('ends on both when the conversation is forgotten', async () => {
    const { one, two, chat } = talk();
    const link = await linkFrom(chat, one);
    await chat.ask(two, '/forget yes');
    for (const bot of [one, two]) {
      assert.equal((await fetch(bot.url + link)).status, 404);
      assert.equal((await uploadRecording(bot.url + link)).status, 404);
    }
  });
});
