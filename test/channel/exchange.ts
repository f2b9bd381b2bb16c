import assert from 'node:assert/strict';
import { after } from 'node:test';
import { type BotUnderTest, startBot } from '../support/bot.ts';
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

const ANSWER = 'Answer';
let count = 0;
let started: Promise<BotUnderTest> | undefined;

/** One bot for all exchanges, each of which has a conversation of its own. */
function startShared(): Promise<BotUnderTest> {
  const responder = () => ({ outputs: [{ text: ANSWER }], ending: { kind: 'completed' } as const });
  started ??= startBot({ simulator: { responder }, deps: { clock: new FastClock() } });
  return started;
}

after(async () => {
  await (await started)?.close();
  started = undefined;
});

/** What the model was asked and what the user got for one message. `isForModel`: whether the model has to be asked. */
export async function exchange(text: string | undefined, fields: Fields, isForModel = true) {
  const bot = await startShared();
  const { conversation } = fields as { conversation?: { id: string } };
  const id = `${++count}-${conversation?.id ?? 'chat'}`;
  const [events, messages] = [bot.events.length, bot.connector.messages.length];
  const message = bot.message(text, { ...fields, conversation: { ...conversation, id } });
  assert.equal((await bot.post(message)).status, 200);
  const reply = (await bot.connector.whenMessages(messages + 1))[messages];
  assert.equal(reply?.body.conversation.id, id);
  const sent = bot.events.slice(events).filter(({ from }) => from === 'client');
  const items = sent.filter(({ event }) => event['type'] === 'conversation.item.create');
  const asked = items
    .flatMap(({ event }) => (event['item'] as { content: { text?: string }[] }).content.map(({ text }) => text ?? ''))
    .join('\n');
  assert.equal(items.length > 0, isForModel, asked);
  return { asked, answer: String(reply?.body.text) };
}
