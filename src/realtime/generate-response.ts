import { type Clock, sleep } from '../clock.ts';
import type { SessionSettings } from '../config/config.ts';
import { withTimeoutSignal } from '../deadline.ts';
import { TurnError, type TurnErrorCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { TurnTelemetry } from '../telemetry/turn-telemetry.ts';
import { failedResult, type ModelResult, withEarlierUsage } from './model-result.ts';
import { errorOf } from './outcome.ts';
import type { SessionPool } from './pool.ts';
import type { TurnInput } from './session.ts';

export interface GenerateServices {
  readonly sessions: SessionPool;
  readonly clock: Clock;
  /** The configured voice; a request may ask for another. */
  readonly settings: Pick<SessionSettings, 'voice'>;
  /** Returns a number from 0 up to 1, which spreads the retries of many conversations. */
  readonly random: () => number;
}

export interface GenerateRequest {
  readonly key: string;
  /** The version that a warm session must have. */
  readonly sessionVersion: string | undefined;
  readonly input: TurnInput;
  readonly log: Logger;
  /** Ends the turn early, with a TurnError as its reason. */
  readonly signal: AbortSignal;
  /** Limits all attempts together. */
  readonly timeoutMs: number;
  readonly telemetry?: Pick<TurnTelemetry, 'step'>;
  /** Called before each retry. */
  readonly onRetry?: (waitMs: number) => void;
}

const MAX_RETRIES = 2;
/** A service that fails twice at a request will fail a third time; each wait for a token takes up to 20 s. */
const FEWER_RETRIES: Partial<Record<TurnErrorCode, number>> = { server_error: 1, token_timeout: 1 };
const FIRST_BACKOFF_MS = 750;
const BACKOFF_GROWTH = 3;
const UNMEASURED: Pick<TurnTelemetry, 'step'> = { step: (_name, work) => work() };

/** Asks the model. Retries if that is safe and time is left. Never rejects. */
export async function generateResponse(request: GenerateRequest, services: GenerateServices): Promise<ModelResult> {
  const { timeoutMs: limitMs } = request;
  const { clock } = services;
  const deadlineMs = clock.now() + limitMs;
  const late = () => new TurnError('turn_timeout', `the turn took longer than ${limitMs} ms`);
  return withTimeoutSignal({ clock, limitMs, signal: request.signal, late }, (signal) =>
    tryVoices(deadlineMs, { ...request, signal }, services),
  );
}

/** Asks again in the configured voice if the service refuses the requested one; `refusedVoice` of the result names it. */
async function tryVoices(
  deadlineMs: number,
  request: GenerateRequest,
  services: GenerateServices,
): Promise<ModelResult> {
  const { input, log } = request;
  const { voice } = services.settings;
  const result = await tryUntil(deadlineMs, request, services);
  const { refusedVoice } = result;
  if (refusedVoice === undefined || refusedVoice === voice || input.settings === undefined) return result;
  log.warn({ refusedVoice, voice }, 'voice refused by the service: the configured one is used');
  if ((await input.mayAskAgain?.()) === false) return result;
  const inConfiguredVoice = { ...input, settings: { ...input.settings, voice } };
  const again = await tryUntil(deadlineMs, { ...request, input: inConfiguredVoice }, services);
  return { ...withEarlierUsage(again, result), refusedVoice };
}

async function tryUntil(
  deadlineMs: number,
  request: GenerateRequest,
  { sessions, clock, random }: GenerateServices,
): Promise<ModelResult> {
  let result: ModelResult | undefined;
  for (let retries = 0; ; retries++) {
    result = withEarlierUsage(await attempt(request, sessions), result);
    const waitMs = retryDelayMs(result, retries, random());
    if (waitMs === undefined || clock.now() + waitMs >= deadlineMs) return result;
    if ((await request.input.mayAskAgain?.()) === false) return result;
    request.log.warn({ err: errorOf(result.outcome), waitMs, retry: retries + 1 }, 'model asked again');
    request.onRetry?.(waitMs);
    try {
      await sleep(clock, waitMs, request.signal);
    } catch (reason) {
      return withEarlierUsage(failedResult(reason), result);
    }
  }
}

/** Returns half to full backoff, but at least the wait that the service asks for; `undefined` if there is no retry. */
function retryDelayMs({ outcome, isRetryable }: ModelResult, retries: number, random: number): number | undefined {
  if (!isRetryable || outcome.kind !== 'failed') return undefined;
  const { code, retryAfterMs = 0 } = outcome.error;
  if (retries >= (FEWER_RETRIES[code] ?? MAX_RETRIES)) return undefined;
  const backoffMs = FIRST_BACKOFF_MS * BACKOFF_GROWTH ** retries;
  return Math.max(backoffMs / 2, retryAfterMs) + Math.round((backoffMs / 2) * random);
}

async function attempt(request: GenerateRequest, sessions: SessionPool): Promise<ModelResult> {
  const { key, sessionVersion, input, signal, telemetry = UNMEASURED } = request;
  const acquire = () => sessions.acquire(key, sessionVersion, signal);
  try {
    const session = sessions.isWarm(key, sessionVersion) ? await acquire() : await telemetry.step('connect', acquire);
    try {
      return await telemetry.step(
        'generate',
        () => session.runTurn(input, signal),
        ({ outcome, usage, responseId }) => ({ error: errorOf(outcome)?.code, usage, responseId }),
      );
    } finally {
      sessions.release(key, session, input.turnId);
    }
  } catch (error) {
    return failedResult(error);
  }
}
