import type { BotUnderTest } from '../support/bot.ts';

export const BOT = { id: 'bot-1', name: 'Bot' };
export const USER = { id: 'user-1', name: 'Ada' };

/** The activities with which channels announce a conversation. */
export const EVENTS: Record<string, Record<string, unknown>> = {
  'conversationUpdate (bot)': { type: 'conversationUpdate', membersAdded: [BOT] },
  'conversationUpdate (user)': { type: 'conversationUpdate', membersAdded: [USER] },
  'conversationUpdate (both)': { type: 'conversationUpdate', membersAdded: [USER, BOT] },
  installationUpdate: { type: 'installationUpdate', action: 'add' },
};

export function announce(bot: BotUnderTest, event: Record<string, unknown>, fields: Record<string, unknown> = {}) {
  return bot.post(bot.message(undefined, { ...event, ...fields }));
}

/** A turn after everything else: once it is answered, everything sent before has arrived. */
export async function textsAfterATurn(bot: BotUnderTest, fields: Record<string, unknown> = {}): Promise<string[]> {
  await bot.says('hello', { id: 'last', ...fields });
  await bot.connector.when(({ path, body }) => body?.type === 'message' && path.endsWith('/last'));
  return bot.connector.messages.map(({ body }) => body.text);
}
