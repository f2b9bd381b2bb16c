import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger, Message } from './ledger.ts';

/** How a channel brings its activities to the bot. */
export interface DeliveryOptions {
  readonly ledger: Ledger;
  readonly botUrl: string;
  /** Aborted when nobody delivers anything any more. */
  readonly over: AbortSignal;
}

export type Activity = Readonly<Record<string, unknown>>;

export const SLOW_POST_MS = 1_000;
/** Channels give up a POST after 15 s; one that waits for its answer waits for all turns before, too. */
const POST_LIMIT_MS = 15_000;
const IN_BAND_LIMIT_MS = 240_000;
const MOST_DELIVERIES = 20;
const LONGEST_PAUSE_MS = 5_000;

/** Delivers a message until the bot takes it: again after 503, or when the connection breaks. */
export async function deliver(message: Message, activity: Activity, options: DeliveryOptions): Promise<void> {
  const { ledger, over } = options;
  const limitMs = message.isInBand ? IN_BAND_LIMIT_MS : POST_LIMIT_MS;
  for (let count = 1; count <= MOST_DELIVERIES && !over.aborted; count++) {
    const answer = await post(activity, limitMs, options);
    ledger.count('posts', answer.name);
    if (!message.isInBand && answer.ms > SLOW_POST_MS) ledger.count('slow posts', `${Math.ceil(answer.ms / 1000)} s`);
    if (answer.status === 200) {
      message.acceptedAtMs ??= Date.now();
      if (message.isInBand) noteInBand(message, answer.text);
      return;
    }
    if (answer.status !== 503 && answer.status !== 0) {
      ledger.note('wrong answer to a POST', `${message.token}: ${answer.status} ${answer.text.slice(0, 200)}`);
      return;
    }
    await sleep(Math.min(LONGEST_PAUSE_MS, 500 * count), undefined, { signal: over }).catch(() => {});
  }
}

/** What came back: 0 when nothing did, with its reason. */
export interface PostAnswer {
  readonly status: number;
  readonly name: string;
  readonly text: string;
  readonly ms: number;
}

/** One POST. Never rejects. */
export async function post(
  activity: Activity | string,
  limitMs: number,
  { botUrl }: DeliveryOptions,
): Promise<PostAnswer> {
  const startedMs = performance.now();
  const ended = (status: number, name: string, text: string) => {
    return { status, name, text, ms: performance.now() - startedMs };
  };
  try {
    const answer = await fetch(`${botUrl}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof activity === 'string' ? activity : JSON.stringify(activity),
      signal: AbortSignal.timeout(limitMs),
    });
    return ended(answer.status, `HTTP ${answer.status}`, await answer.text());
  } catch (error) {
    const { name, cause } = error as Error;
    const reason = (cause as { code?: unknown } | undefined)?.code ?? name;
    return ended(0, `no answer: ${reason}`, '');
  }
}

function noteInBand(message: Message, text: string): void {
  const { activities = [] } = JSON.parse(text) as { activities?: Record<string, unknown>[] };
  for (const activity of activities.filter(({ type }) => type === 'message')) {
    const { replyToId, conversation, attachments } = activity as {
      replyToId?: string;
      conversation?: { id?: string };
      attachments?: unknown[];
    };
    const isWellAddressed = replyToId === message.activityId && conversation?.id === message.conversation.id;
    message.attempts.push({
      ...{ atMs: Date.now(), endedAtMs: Date.now(), fault: 'inBand', isTaken: true, isAnswered: true },
      ...{
        text: String(activity['text'] ?? ''),
        hasAudio: (attachments?.length ?? 0) > 0,
        isWellAddressed,
        isUpdate: false,
      },
    });
  }
}
