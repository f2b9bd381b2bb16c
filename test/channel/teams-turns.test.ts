import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ScriptedResponse } from '../../dev/simulator/responder.ts';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import { conversationOf, startTimedBot } from '../conversation/timed-bot.ts';
import type { ConnectorRule } from '../support/fake-connector.ts';
import { TeamsRules } from '../support/teams-rules.ts';

const CHATS = 20;
const TURNS_EACH = 4;
const WORDS = ['one', 'sea ', 'über', ' and', '\n\n', '— ', 'a long word', '.', '字', '🎈 '];

const SILENCE = new Uint8Array(120_002);

/** The same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** An answer of any length and pace, with any end. */
function anyPerformance(random: () => number): ScriptedResponse {
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const text = `Well ${Array.from({ length: 1 + Math.floor(random() * 60) }, () => any(WORDS)).join('')} end`;
  const pcm = SILENCE.subarray(0, 2 * Math.floor(1 + random() * 60_000));
  const ending = any<ScriptedResponse['ending']>([
    ...Array.from({ length: 6 }, () => ({ kind: 'completed' }) as const),
    { kind: 'incomplete', reason: 'max_output_tokens' },
    { kind: 'incomplete', reason: 'content_filter' },
    { kind: 'disconnect', afterDeltas: 3 },
    { kind: 'failed', error: { type: 'server_error', code: 'server_error', message: '' } },
  ]);
  const items =
    random() < 0.2
      ? [
          { text: 'First of all.', pcm },
          { text, pcm },
        ]
      : [{ text, pcm }];
  return { outputs: items, ending, delayMs: Math.floor(random() * 4_000) };
}

describe('80 turns in Teams', { timeout: 60_000 }, () => {
  it('break no streaming rule, and none is left unanswered', async (t) => {
    const random = seeded(4);
    // More than are asked for, since some are asked twice.
    const turns: ScriptedTurn[] = Array.from({ length: 240 }, () => anyPerformance(random));
    const bot = await startTimedBot({ turns, simulator: { paceMs: 300 } });
    const chats = new Map<string, TeamsRules>();
    const judge: ConnectorRule = (call, response) => {
      const chat = conversationOf(call);
      const rules = chats.get(chat) ?? new TeamsRules(bot.clock.now);
      chats.set(chat, rules);
      return rules.rule(call, response);
    };
    bot.connector.rule = judge;
    t.after(async () => {
      // Not `bot.close()`: the script has more turns than are asked for.
      await bot.app.close();
      await bot.simulator.close();
      await bot.connector.close();
    });
    for (let turn = 0; turn < TURNS_EACH; turn++) {
      for (let chat = 0; chat < CHATS; chat++) {
        await bot.says(`hello ${turn}`, { channelId: 'msteams', conversation: { id: `chat-${chat}` } });
      }
      const wanted = CHATS * (turn + 1);
      while (bot.connector.messages.length < wanted) await bot.clock.advance(50);
    }
    assert.equal(bot.connector.messages.length, CHATS * TURNS_EACH);
    for (const [chat, { violations }] of chats) assert.deepEqual(violations, [], chat);
    const pieces = bot.connector.calls.filter(({ body }) => body.type === 'typing' && body.entities !== undefined);
    assert.ok(pieces.length > 2 * CHATS * TURNS_EACH, `${pieces.length} pieces`);
  });
});
