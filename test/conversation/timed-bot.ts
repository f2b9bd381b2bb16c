import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ending, ResponderContext, ScriptedResponse } from '../../dev/simulator/responder.ts';
import { inTime } from '../realtime/gathered.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';
import { ManualClock } from '../support/manual-clock.ts';

export type TimedBot = BotUnderTest & {
  readonly clock: ManualClock;
  /** Resolves with all messages to users, once there are this many. */
  replies(count: number): Promise<readonly ConnectorCall[]>;
};

/** The real bot and its model on one manual clock; retries come after 375 and then 1,125 ms. */
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

/** The bot waits for whatever a test left running, so the clock has to advance. */
async function closeInTime(bot: BotUnderTest, clock: ManualClock): Promise<void> {
  let isClosed = false;
  const closed = inTime(bot.close()).finally(() => {
    isClosed = true;
  });
  while (!isClosed) await clock.advance(1_000);
  await closed;
}

/** Where a message comes from, if it is not the first conversation. */
export function inConversation(id: string): Record<string, unknown> {
  return { conversation: { id }, from: { id: `user of ${id}`, name: 'Ada' } };
}

/** A conversation as the model got it: one line for each item. */
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

/** An answer with half a second of audio. */
export function spoken(text: string, ending: Ending = { kind: 'completed' }): ScriptedResponse {
  return { outputs: [{ text, pcm: SOUND }], ending };
}

/** An answer that is held until `gate` is resolved. */
export function held(text: string, gate: Promise<void>): ScriptedResponse {
  return { ...spoken(text), gate };
}

export function failing(type: string, code: string): ScriptedResponse {
  return { outputs: [], ending: { kind: 'failed', error: { type, code, message: 'no' } } };
}

const TIMEOUT_MS = 8_000;

/**
 * Polls every millisecond; polling without a pause would take the processor from the far end of a socket, which sends
 * no notification.
 */
export async function until(isTrue: () => boolean): Promise<void> {
  const giveUp = AbortSignal.timeout(TIMEOUT_MS);
  while (!isTrue()) {
    assert.ok(!giveUp.aborted, `it did not come in ${TIMEOUT_MS} ms: ${isTrue}`);
    await sleep(1);
  }
}
