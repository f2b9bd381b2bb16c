import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { ScriptedResponse } from '../../dev/simulator/responder.ts';
import type { Env } from '../../src/config/env.ts';
import { startTimedBot, type TimedBot, until } from '../conversation/timed-bot.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';
import { TeamsRules } from '../support/teams-rules.ts';

/** The text of the held answer. */
export const TEXT = 'Hi **there**';
export const SCOPES = ['personal', 'group', 'channel'] as const;
export type Scope = (typeof SCOPES)[number];

type Conversation = { readonly id: string } & Readonly<Record<string, unknown>>;

/** The conversations as Teams names them; most other channels only say whether it is a group. */
const CONVERSATIONS: Readonly<Record<'msteams' | 'others', Readonly<Record<Scope, Conversation>>>> = {
  msteams: {
    personal: { id: 'a:1-2_3', conversationType: 'personal', tenantId: 'tenant-1' },
    group: { id: '19:abc@thread.v2', conversationType: 'groupChat', isGroup: true, tenantId: 'tenant-1' },
    channel: { id: '19:abc@thread.tacv2;messageid=1712345', conversationType: 'channel', isGroup: true },
  },
  others: {
    personal: { id: 'one|to|one', isGroup: false },
    group: { id: 'a room', isGroup: true },
    channel: { id: 'a/channel', conversationType: 'channel', isGroup: true },
  },
};

export interface Chat {
  readonly bot: TimedBot;
  readonly rules: TeamsRules;
  readonly fields: {
    readonly channelId: string;
    readonly conversation: Conversation;
    readonly channelData: object;
  };
  /** Resolves with all calls of the next answer, once the given number of messages was sent in this chat. */
  next(messages: number): Promise<readonly ConnectorCall[]>;
}

/** One bot for the chats of a suite, and the next answer of its model. */
export class SharedBot {
  bot!: TimedBot;
  turn: () => ScriptedResponse = () => assert.fail('nothing to answer');

  constructor(env: Env = {}) {
    before(async () => {
      this.bot = await startTimedBot({
        env: { PUBLIC_BASE_URL: 'https://bot.example.com', ...env },
        simulator: { responder: () => this.turn() },
      });
    });
    after(() => this.bot.close());
  }
}

/** A separate chat for each call. */
export function chatIn(bot: TimedBot, channelId: string, scope: Scope): Chat {
  const rules = new TeamsRules(bot.clock.now);
  bot.connector.rule = channelId === 'msteams' ? rules.rule : () => undefined;
  const conversation = CONVERSATIONS[channelId === 'msteams' ? channelId : 'others'][scope];
  const [earlier, id] = [bot.connector.messages.length, `${conversation.id}-${bot.connector.calls.length}`];
  let seen = bot.connector.calls.length;
  return {
    bot,
    rules,
    fields: {
      channelId,
      conversation: { ...conversation, id },
      // A reply to the bot: in a Telegram group a mention proves nothing.
      channelData: { message: { reply_to_message: { from: { username: 'bot-1' } } } },
    },
    async next(messages) {
      for (const late = AbortSignal.timeout(8_000); bot.connector.messages.length < earlier + messages; ) {
        assert.ok(!late.aborted, `no ${messages} messages`);
        await bot.clock.advance(100);
      }
      // Nothing may follow an answer.
      await bot.clock.advance(30_000);
      const calls = bot.connector.calls.slice(seen);
      seen += calls.length;
      return calls;
    },
  };
}

/** An answer that is held until its user has waited for ten seconds. */
export function heldAnswer() {
  const gate = Promise.withResolvers<void>();
  let isAsked = false;
  const turn = (): ScriptedResponse => {
    isAsked = true;
    const pcm = new Uint8Array(96_000);
    return { outputs: [{ text: TEXT, pcm }], ending: { kind: 'completed' }, gate: gate.promise };
  };
  const release = async ({ clock }: TimedBot) => {
    await until(() => isAsked);
    await clock.advance(10_000);
    gate.resolve();
  };
  return { turn, release };
}
