import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { startBot } from '../support/bot.ts';
import { FastClock } from '../support/fast-clock.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const BOT = { id: '28:8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90', name: 'Bot' };
export const TEAMS = {
  channelId: 'msteams',
  conversation: { id: 'a:1abc', conversationType: 'personal', tenantId: '11111111-2222-4333-8444-555555555555' },
  from: { id: '29:user', name: 'Ada', aadObjectId: '99999999-2222-4333-8444-555555555555' },
  recipient: BOT,
  entities: [],
};
export const MENTION = { type: 'mention', text: '<at>Bot</at>', mentioned: BOT };
export const CHANNEL = {
  ...TEAMS,
  conversation: { id: '19:abc@thread.tacv2;messageid=1700000000000', conversationType: 'channel', isGroup: true },
  entities: [MENTION],
};
export const html = (content: string) => ({ contentType: 'text/html', content });

/** What the model was asked, and what the user got, for one message. */
export async function exchange(t: TestContext, text: string | undefined, fields: Fields, turns = ['Answer']) {
  const bot = await startBot({ turns, deps: { clock: new FastClock() } });
  t.after(() => bot[Symbol.asyncDispose]());
  assert.equal((await bot.post(bot.message(text, fields))).status, 200);
  const [reply] = await bot.connector.whenMessages(1);
  const said = bot.events
    .filter(({ from, event }) => from === 'client' && event['type'] === 'conversation.item.create')
    .flatMap(({ event }) => (event['item'] as { content: { text?: string }[] }).content.map(({ text }) => text ?? ''));
  return { asked: said.join('\n'), answer: String(reply?.body.text), events: bot.events };
}
