import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger, Message } from './ledger.ts';

/** How a channel brings a message to the bot. */
export interface DeliveryOptions {
  readonly ledger: Ledger;
  readonly channelUrl: string;
  /** Where to deliver next; `undefined`: nobody is there. */
  readonly target: (tries: number) => string | undefined;
}

/** Channels give up a POST after 15 s. */
const POST_LIMIT_MS = 15_000;
const MOST_DELIVERIES = 60;
const PAUSE_MS = 500;

/** Delivers a message until an instance takes it: again after 503, or when the connection breaks. */
export async function deliver(message: Message, options: DeliveryOptions): Promise<void> {
  const { ledger, channelUrl, target } = options;
  message.postedAtMs ??= Date.now();
  const body = JSON.stringify(activityOf(message, channelUrl));
  for (let tries = 0; tries < MOST_DELIVERIES; tries++) {
    const status = await post(body, target(tries));
    if (status === 200) {
      message.acceptedAtMs ??= Date.now();
      ledger.changed();
      return;
    }
    if (status !== 503 && status !== 0) return ledger.note(`wrong answer to a POST: ${message.token} got ${status}`);
    await sleep(PAUSE_MS);
  }
  ledger.note(`never accepted: ${message.token}`);
}

async function post(body: string, botUrl: string | undefined): Promise<number> {
  if (botUrl === undefined) return 0;
  try {
    const answer = await fetch(`${botUrl}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(POST_LIMIT_MS),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

function activityOf({ conversation, activityId, token }: Message, channelUrl: string): object {
  return {
    ...{ type: 'message', channelId: 'emulator', timestamp: new Date().toISOString(), locale: 'en-US' },
    ...{ serviceUrl: channelUrl, conversation: { id: conversation.id }, id: activityId },
    from: { id: `user-${conversation.index}`, name: `User ${conversation.index}` },
    recipient: { id: 'bot', name: 'Bot' },
    text: `${token}: what do you say?`,
  };
}
