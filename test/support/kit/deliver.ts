import { Agent, request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BaseMessage } from './ledger.ts';

export type Activity = Readonly<Record<string, unknown>>;

/** What came back from a POST; `status` is 0 when nothing did. */
export interface PostAnswer {
  readonly status: number;
  /** For counts: the status, or why there is none. */
  readonly name: string;
  readonly text: string;
  readonly ms: number;
}

export interface PostOptions {
  readonly limitMs?: number;
  readonly contentType?: string;
}

export interface Poster {
  /** Posts to the bot at this address. Never rejects. */
  post(botUrl: string, body: string | Buffer, options?: PostOptions): Promise<PostAnswer>;
  /** Closes the connections that are kept. */
  close(): void;
}

/** Channels give up a POST after 15 s. */
const POST_LIMIT_MS = 15_000;
/** The bot closes idle connections after 5 s; a POST must not meet the close. */
const CLIENT_IDLE_MS = 3_000;

/** Posts to bots over connections that are kept. */
export function createPoster(maxSockets = Number.POSITIVE_INFINITY): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets, timeout: CLIENT_IDLE_MS });
  return {
    post: (botUrl, body, { limitMs = POST_LIMIT_MS, contentType = 'application/json' } = {}) =>
      new Promise((resolve) => {
        const startedMs = performance.now();
        const end = (status: number, name: string, text = '') =>
          resolve({ status, name, text, ms: performance.now() - startedMs });
        const fail = ({ code, message }: NodeJS.ErrnoException) => end(0, `no answer: ${code ?? message}`);
        const headers = { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
        const signal = AbortSignal.timeout(limitMs);
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

/** What tells one user's message from another's. */
export interface UserActivity {
  readonly serviceUrl: string;
  readonly conversationId: string;
  /** Names the user. */
  readonly index?: number;
  /** Default: the Emulator, which gets an answer in one piece. */
  readonly channelId?: string;
}

/** A message as a channel delivers it; `fields` come on top. */
export function activityOf(
  { serviceUrl, conversationId, index = 1, channelId = 'emulator' }: UserActivity,
  fields: Activity,
): Activity {
  return {
    ...{ type: 'message', channelId, serviceUrl, timestamp: new Date().toISOString(), locale: 'en-US' },
    conversation: { id: conversationId },
    from: { id: `user-${index}`, name: `User ${index}` },
    recipient: { id: 'bot', name: 'Bot' },
    ...fields,
  };
}

/** What is used of a ledger. */
interface Notes {
  note(kind: string, details: string): void;
  changed(): void;
}

export interface DeliveryOptions {
  readonly ledger: Notes;
  readonly poster: Poster;
  /** Where to deliver next; `undefined` if no instance runs. */
  readonly target: () => string | undefined;
  readonly maxDeliveries: number;
  /** How long to wait after the nth refusal. */
  readonly pauseMs: (deliveries: number) => number;
  readonly limitMs?: number;
  /** Ends the delivery. */
  readonly over?: AbortSignal;
  readonly onAnswer?: (answer: PostAnswer) => void;
}

const UNREACHED: PostAnswer = { status: 0, name: 'no answer: no instance', text: '', ms: 0 };

/**
 * Delivers a message as channels do: again after 503, or when the connection breaks. Resolves with the first other
 * answer, or with `undefined` when all deliveries were refused.
 */
export async function deliver(
  message: BaseMessage<unknown>,
  activity: Activity,
  options: DeliveryOptions,
): Promise<PostAnswer | undefined> {
  const { ledger, poster, target, maxDeliveries, pauseMs, over, limitMs = POST_LIMIT_MS } = options;
  const body = JSON.stringify(activity);
  message.postedAtMs ??= Date.now();
  for (let count = 1; count <= maxDeliveries && over?.aborted !== true; count++) {
    const botUrl = target();
    const answer = botUrl === undefined ? UNREACHED : await poster.post(botUrl, body, { limitMs });
    options.onAnswer?.(answer);
    if (answer.status === 503 || answer.status === 0) {
      await sleep(pauseMs(count), undefined, over === undefined ? {} : { signal: over }).catch(() => {});
      continue;
    }
    if (answer.status === 200) message.acceptedAtMs ??= Date.now();
    else ledger.note('wrong answer to a POST', `${message.token}: ${answer.status} ${answer.text.slice(0, 200)}`);
    ledger.changed();
    return answer;
  }
  return undefined;
}
