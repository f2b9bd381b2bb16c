import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ending, ResponderContext, ScriptedResponse } from '../../dev/simulator/responder.ts';
import { inTime } from '../realtime/gathered.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';
import { ManualClock } from '../support/manual-clock.ts';

export type TimedBot = BotUnderTest & {
  readonly clock: ManualClock;
  /** Resolves with everything that users were sent, once it is so many messages. */
  replies(count: number): Promise<readonly ConnectorCall[]>;
};

/** The real bot and its model on one clock that the test moves; retries wait 375 and then 1,125 ms. */
export async function startTimedBot({ deps, simulator, ...options }: BotUnderTestOptions = {}): Promise<TimedBot> {
  const clock = new ManualClock();
  const bot = await startBot({
    ...options,
    deps: { clock, random: () => 0, ...deps },
    simulator: { clock, ...simulator },
  });
  return Object.assign(bot, {
    clock,
    replies: (count: number) => inTime(bot.connector.whenMessages(count)),
    [Symbol.asyncDispose]: () => closeInTime(bot, clock),
  });
}

/** What a test left running is waited for by the bot: time has to pass for that. */
async function closeInTime(bot: BotUnderTest, clock: ManualClock): Promise<void> {
  let isClosed = false;
  const closed = inTime(bot.close()).finally(() => {
    isClosed = true;
  });
  while (!isClosed) await clock.advance(1_000);
  await closed;
}

/** Where a message is from, when it is not from the first conversation. */
export function inConversation(id: string): Record<string, unknown> {
  return { conversation: { id }, from: { id: `user of ${id}`, name: 'Ada' } };
}

/** A conversation as the model was told it: one line each. */
export function linesOf({ history }: ResponderContext): string[] {
  return history.map(({ role, text }) => `${role}: ${text}`);
}

export function textsOf(messages: readonly ConnectorCall[]): string[] {
  return messages.map(({ body }) => String(body.text));
}

export function conversationOf({ path }: ConnectorCall): string {
  return decodeURIComponent(/\/v3\/conversations\/([^/]+)\//.exec(path)?.[1] ?? '');
}

const SOUND = new Uint8Array(24_000);

/** An answer with half a second of sound. */
export function spoken(text: string, ending: Ending = { kind: 'completed' }): ScriptedResponse {
  return { outputs: [{ text, pcm: SOUND }], ending };
}

/** An answer that is held back until `gate` is resolved. */
export function held(text: string, gate: Promise<void>): ScriptedResponse {
  return { ...spoken(text), gate };
}

export function failing(type: string, code: string): ScriptedResponse {
  return { outputs: [], ending: { kind: 'failed', error: { type, code, message: 'no' } } };
}

const PATIENCE_MS = 8_000;

/** Looks again every millisecond, since looking without a pause takes the processor from what it waits for: for what the far end of a socket does, of which nobody tells. */
export async function until(isTrue: () => boolean): Promise<void> {
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  while (!isTrue()) {
    assert.ok(!giveUp.aborted, `it did not come in ${PATIENCE_MS} ms: ${isTrue}`);
    await sleep(1);
  }
}
