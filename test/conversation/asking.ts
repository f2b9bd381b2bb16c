// For tests of a bot with a clock: spoken answers, and how to ask for one.
import assert from 'node:assert/strict';
import type { TimedBot } from './timed-bot.ts';

export const SOUND = Buffer.alloc(96_000, 3);
export const spoken = (text: string) => ({ outputs: [{ text, pcm: SOUND }], ending: { kind: 'completed' } as const });

/** Sends a text and waits for the reply. */
export async function ask(bot: TimedBot, text: string, fields: Record<string, unknown> = {}) {
  const before = bot.connector.messages.length;
  assert.equal((await bot.says(text, fields)).status, 200);
  const replies = await bot.replies(before + 1);
  return replies.at(-1)?.body;
}
