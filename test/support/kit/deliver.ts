import { Agent, request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BaseMessage } from './ledger.ts';

export type Activity = Readonly<Record<string, unknown>>;

/** The result of a POST; `status` is 0 without a response. */
export interface PostAnswer {
  readonly status: number;
  /** The status, or the reason for its absence. */
  readonly label: string;
  readonly text: string;
  readonly ms: number;
}

export interface PostOptions {
  readonly timeoutMs?: number;
  readonly contentType?: string;
}

export interface Poster {
  /** Posts to the bot at this address. Never rejects. */
  post(botUrl: string, body: string | Buffer, options?: PostOptions): Promise<PostAnswer>;
  /** Closes the idle connections. */
  close(): void;
}

/** The timeout of real channels. */
const POST_TIMEOUT_MS = 15_000;
/** Less than the 5 s after which the bot closes idle connections. */
const CLIENT_IDLE_MS = 3_000;

/** Posts to bots over keep-alive connections. */
export function createPoster(maxSockets = Number.POSITIVE_INFINITY): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets, timeout: CLIENT_IDLE_MS });
  return {
    post: (botUrl, body, { timeoutMs = POST_TIMEOUT_MS, contentType = 'application/json' } = {}) =>
      new Promise((resolve) => {
        const startedMs = performance.now();
        const end = (status: number, label: string, text = '') =>
          resolve({ status, label, text, ms: performance.now() - startedMs });
        const fail = ({ code, message }: NodeJS.ErrnoException) => end(0, `no answer: ${code ?? message}`);
        const headers = { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
        const signal = AbortSignal.timeout(timeoutMs);
        const sent = request(`${botUrl}/api/messages`, { agent, method: 'POST', headers, signal });
        sent.on('error', fail).on('response', (response) => {
          const status = response.statusCode ?? 0;
          readText(response).then((text) => end(status, `HTTP ${status}`, text), fail);
        });
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** Who writes, and where. */
export interface UserActivity {
  readonly serviceUrl: string;
  readonly conversationId: string;
  /** The number of the user. */
  readonly index?: number;
  /** Default: the Emulator, which gets each answer in one message. */
  readonly channelId?: string;
}

/** A message as a channel delivers it; `fields` override the others. */
export function activityOf(
  { serviceUrl, conversationId, index = 1, channelId = 'emulator' }: UserActivity,
  fields: Activity,
): Activity {
  return {
    type: 'message',
    channelId,
    serviceUrl,
    timestamp: new Date().toISOString(),
    locale: 'en-US',
    conversation: { id: conversationId },
    from: { id: `user-${index}`, name: `User ${index}` },
    recipient: { id: 'bot', name: 'Bot' },
    ...fields,
  };
}

/** The methods of a ledger used here. */
interface Notes {
  note(kind: string, details: string): void;
  recheck(): void;
}

export interface DeliveryOptions {
  readonly ledger: Notes;
  readonly poster: Poster;
  /** The address for the next delivery; undefined if no instance runs. */
  readonly target: () => string | undefined;
  readonly maxDeliveries: number;
  /** The pause after the nth rejected delivery. */
  readonly pauseMs: (deliveries: number) => number;
  readonly timeoutMs?: number;
  /** Ends the delivery. */
  readonly signal?: AbortSignal;
  readonly onAnswer?: (answer: PostAnswer) => void;
}

const NO_INSTANCE: PostAnswer = { status: 0, label: 'no answer: no instance', text: '', ms: 0 };

/**
 * Delivers a message as channels do: again after 503 and after a broken connection. Resolves with the first other
 * answer, or with undefined if all deliveries were rejected.
 */
export async function deliver(
  message: BaseMessage<unknown>,
  activity: Activity,
  options: DeliveryOptions,
): Promise<PostAnswer | undefined> {
  const { ledger, poster, target, maxDeliveries, pauseMs, signal, timeoutMs = POST_TIMEOUT_MS } = options;
  const body = JSON.stringify(activity);
  message.postedAtMs ??= Date.now();
  for (let count = 1; count <= maxDeliveries && signal?.aborted !== true; count++) {
    const botUrl = target();
    const answer = botUrl === undefined ? NO_INSTANCE : await poster.post(botUrl, body, { timeoutMs });
    options.onAnswer?.(answer);
    if (answer.status === 503 || answer.status === 0) {
      await sleep(pauseMs(count), undefined, signal === undefined ? {} : { signal }).catch(() => {});
      continue;
    }
    if (answer.status === 200) message.acceptedAtMs ??= Date.now();
    else ledger.note('wrong answer to a POST', `${message.token}: ${answer.status} ${answer.text.slice(0, 200)}`);
    ledger.recheck();
    return answer;
  }
  return undefined;
}
