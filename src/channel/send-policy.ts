import http from 'node:http';
import https from 'node:https';
import type { ConnectorClient } from 'botframework-connector';
import { type Clock, sleep } from '../clock.ts';
import type { Logger } from '../log.ts';
import { retryAfterMs } from '../retry-after.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** One try of a send, from the request to the answer. */
export const SEND_TIMEOUT_MS = 15_000;
const MAX_RETRIES = 3;
const FIRST_BACKOFF_MS = 500;

/**
 * Answers after which the channel has not taken the message, by its own word: Teams wants to be asked again after 412,
 * 429, 502 and 504, with jitter. After a 500 nobody knows, and it is not sent again.
 */
const RETRIED_STATUS: ReadonlySet<number> = new Set([412, 429, 502, 503, 504]);
/** Failures before anything of the request was written. After any other the message may have been taken. */
const UNSENT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * Connections of our own that are given up before the other side does: a message that is written to one which is just
 * being closed is lost, and must not be sent again. Node heeds a `Keep-Alive` hint only where there is a timeout, too.
 */
const AGENT_OPTIONS = { keepAlive: true, timeout: 20_000 };
const AGENTS = { http: new http.Agent(AGENT_OPTIONS), https: new https.Agent(AGENT_OPTIONS) };

/** The conversation's id as it is, which a header cannot hold in every script; it stands in the address, too. */
const CONVERSATION_HEADER = 'x-ms-conversation-id';

/** How sends are tried again. */
export interface SendPolicyOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** No further try begins after this many milliseconds from the first one. */
  readonly retryWithinMs: number;
  readonly telemetry: Pick<Telemetry, 'count'>;
}

/** What is used of a pipeline of @azure/core-rest-pipeline. */
interface Pipeline {
  removePolicy(which: { readonly name: string }): unknown;
  addPolicy(policy: Policy, options: { readonly phase: 'Retry' }): void;
}

interface Policy {
  readonly name: string;
  sendRequest(
    request: PipelineRequest,
    next: (request: PipelineRequest) => Promise<PipelineResponse>,
  ): Promise<PipelineResponse>;
}

interface PipelineRequest {
  timeout: number;
  readonly url: string;
  agent?: http.Agent;
  readonly headers: { get(name: string): string | undefined; delete(name: string): void };
  readonly body?: unknown;
}

interface PipelineResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
}

/**
 * Replaces the retries of botbuilder's client, which send a message twice when a connection breaks after it was
 * taken, and wait for ever when nothing is answered.
 */
export function makeSendsSafe(client: ConnectorClient, options: SendPolicyOptions): void {
  const { pipeline } = (client as unknown as { client: { pipeline: Pipeline } }).client;
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
      const lastTryAtMs = clock.now() + retryWithinMs;
      for (let retries = 0; ; retries++) {
        const attempt = await settle(next(request));
        if ('response' in attempt && attempt.response.status === 429) telemetry.count('sendsThrottled');
        const waitMs = retries < MAX_RETRIES ? retryDelayMs(attempt, retries, random(), clock) : undefined;
        const isInTime = waitMs !== undefined && clock.now() + waitMs <= lastTryAtMs;
        if (!isInTime || isTypingSign(request)) return unwrap(attempt);
        telemetry.count('sendRetries');
        const { pathname } = new URL(request.url);
        log.warn({ ...describe(attempt), to: pathname, waitMs, retry: retries + 1 }, 'sending again');
        await sleep(clock, waitMs);
      }
    },
  };
}

/** A sign that the answer is coming is worth nothing later, and harm after the answer. */
function isTypingSign({ body }: PipelineRequest): boolean {
  return typeof body === 'string' && body.length < 10_000 && JSON.parse(body).type === 'typing';
}

type Attempt = { readonly response: PipelineResponse } | { readonly error: unknown };

async function settle(promise: Promise<PipelineResponse>): Promise<Attempt> {
  try {
    return { response: await promise };
  } catch (error) {
    return { error };
  }
}

function unwrap(attempt: Attempt): PipelineResponse {
  if ('error' in attempt) throw attempt.error;
  return attempt.response;
}

function retryDelayMs(attempt: Attempt, retries: number, random: number, clock: Clock): number | undefined {
  const spreadMs = Math.round(FIRST_BACKOFF_MS * 2 ** retries * random);
  const backoffMs = FIRST_BACKOFF_MS * 2 ** retries * 0.5 + spreadMs;
  if ('error' in attempt) return UNSENT_CODES.has(codeOf(attempt.error)) ? backoffMs : undefined;
  if (!RETRIED_STATUS.has(attempt.response.status)) return undefined;
  const { headers } = attempt.response;
  const [after, afterMs] = [headers.get('retry-after'), headers.get('retry-after-ms')];
  const askedMs = retryAfterMs({ 'retry-after': after, 'retry-after-ms': afterMs }, clock.now());
  return Math.max(backoffMs, (askedMs ?? 0) + spreadMs);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

function describe(attempt: Attempt): object {
  return 'error' in attempt ? { err: attempt.error } : { status: attempt.response.status };
}
