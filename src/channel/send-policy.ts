import http from 'node:http';
import https from 'node:https';
import type { ConnectorClient } from 'botframework-connector';
import { type Clock, sleep } from '../clock.ts';
import { isLoopbackHost } from '../config/env.ts';
import { systemCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import { retryAfterMs } from '../retry-after.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** One attempt to send, from the request to the response. */
export const SEND_TIMEOUT_MS = 15_000;
const MAX_RETRIES = 3;
const FIRST_BACKOFF_MS = 500;

/**
 * Statuses that say that the channel did not accept the message. Teams asks for retries with jitter after 412, 429, 502
 * and 504. After a 500 the fate of the message is unknown, so it is not sent again.
 */
const RETRIED_STATUS: ReadonlySet<number> = new Set([412, 429, 502, 503, 504]);
/** Failures before anything of the request was written. After any other failure the channel may have the message. */
const UNSENT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * Idle connections end before the other side closes them: a message that is written to a closing connection is lost,
 * and must not be sent again. Node respects a `Keep-Alive` hint only if there is a timeout, too.
 */
const AGENT_OPTIONS = { keepAlive: true, timeout: 20_000 };
const AGENTS = { http: new http.Agent(AGENT_OPTIONS), https: new https.Agent(AGENT_OPTIONS) };

/** Holds the conversation's id, which may have characters that no header can hold. The address has it, too. */
const CONVERSATION_HEADER = 'x-ms-conversation-id';

/** How sends are retried. */
export interface SendPolicyOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** The last attempt begins at most this many milliseconds after the first. */
  readonly retryWithinMs: number;
  readonly telemetry: Pick<Telemetry, 'count'>;
}

// The parts of @azure/core-rest-pipeline that are used.
interface Pipeline {
  removePolicy(options: { readonly name: string }): unknown;
  addPolicy(policy: Policy, options: { readonly phase: 'Retry' }): void;
}

interface Policy {
  readonly name: string;
  sendRequest(
    request: PipelineRequest,
    next: (request: PipelineRequest) => Promise<PipelineResponse>,
  ): Promise<PipelineResponse>;
}

type PipelineRequest = Parameters<ConnectorClient['sendRequest']>[0];

interface PipelineResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
}

/**
 * Replaces the retries of botbuilder's client, which send a message twice when a connection breaks after it was
 * accepted, and wait forever without a response. Requests to this machine go without a proxy: botbuilder's client uses
 * one unless NO_PROXY says otherwise (`proxyPolicy` of @typespec/ts-http-runtime).
 */
export function replaceRetryPolicy(client: ConnectorClient, serviceUrl: string, options: SendPolicyOptions): void {
  const { pipeline } = (client as unknown as { client: { pipeline: Pipeline } }).client;
  if (isLoopbackHost(new URL(serviceUrl).hostname)) pipeline.removePolicy({ name: 'proxyPolicy' });
  pipeline.removePolicy({ name: 'defaultRetryPolicy' });
  pipeline.addPolicy(safeRetryPolicy(options), { phase: 'Retry' });
}

function safeRetryPolicy({ clock, random, log, retryWithinMs, telemetry }: SendPolicyOptions): Policy {
  return {
    name: 'safeRetryPolicy',
    async sendRequest(request, next) {
      request.timeout = SEND_TIMEOUT_MS;
      // A proxy has an agent of its own.
      request.agent ??= request.url.startsWith('https:') ? AGENTS.https : AGENTS.http;
      if (!/^[ -~]*$/.test(request.headers.get(CONVERSATION_HEADER) ?? '')) request.headers.delete(CONVERSATION_HEADER);
      const lastAttemptAtMs = clock.now() + retryWithinMs;
      for (let retries = 0; ; retries++) {
        const [attempt] = await Promise.allSettled([next(request)]);
        const outcome = attempt.status === 'fulfilled' ? { status: attempt.value.status } : { err: attempt.reason };
        if (outcome.status === 429) telemetry.count('sendsThrottled');
        const waitMs = retries < MAX_RETRIES ? retryDelayMs(attempt, retries, random(), clock.now()) : undefined;
        const isInTime = waitMs !== undefined && clock.now() + waitMs <= lastAttemptAtMs;
        if (!isInTime || isTypingOrChunk(request)) {
          if (attempt.status === 'rejected') throw attempt.reason;
          return attempt.value;
        }
        telemetry.count('sendRetries');
        const { pathname } = new URL(request.url);
        log.warn({ ...outcome, to: pathname, waitMs, retry: retries + 1 }, 'send retried');
        await sleep(clock, waitMs);
      }
    },
  };
}

/**
 * A typing indicator is worth nothing later, and wrong after the answer. The chunks of a stream have this type, too,
 * but for the final one: the next chunk has all of their text, and `StreamingMessage` keeps the wait that the channel
 * asks for.
 */
function isTypingOrChunk({ body }: PipelineRequest): boolean {
  return typeof body === 'string' && JSON.parse(body).type === 'typing';
}

/** How long to wait before the next attempt; `undefined` where the message may have been accepted. */
function retryDelayMs(
  attempt: PromiseSettledResult<PipelineResponse>,
  retries: number,
  random: number,
  nowMs: number,
): number | undefined {
  const spreadMs = Math.round(FIRST_BACKOFF_MS * 2 ** retries * random);
  const backoffMs = FIRST_BACKOFF_MS * 2 ** retries * 0.5 + spreadMs;
  if (attempt.status === 'rejected') return UNSENT_CODES.has(systemCode(attempt.reason) ?? '') ? backoffMs : undefined;
  const { status, headers } = attempt.value;
  if (!RETRIED_STATUS.has(status)) return undefined;
  const [after, afterMs] = [headers.get('retry-after'), headers.get('retry-after-ms')];
  const askedMs = retryAfterMs({ 'retry-after': after, 'retry-after-ms': afterMs }, nowMs);
  return Math.max(backoffMs, (askedMs ?? 0) + spreadMs);
}
