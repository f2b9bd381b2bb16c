import { type Clock, sleep } from '../clock.ts';
import type { SessionSettings } from '../config/config.ts';
import { withTimeoutSignal } from '../deadline.ts';
import { TurnError, type TurnErrorCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { StepEnd, TurnTelemetry } from '../telemetry/turn-telemetry.ts';
import { addUsage, NO_TOKENS } from '../token-usage.ts';
import type { ModelResult } from './model-result.ts';
import { errorOf } from './outcome.ts';
import type { SessionPool } from './pool.ts';
import type { TurnInput } from './session.ts';

/** What asking the model takes. */
export interface GenerateServices {
  readonly sessions: SessionPool;
  readonly clock: Clock;
  /** As configured; a request may ask for others. */
  readonly settings: Pick<SessionSettings, 'voice'>;
  /** From 0 up to 1; spreads the retries of many conversations. */
  readonly random: () => number;
}

/** One turn for the model. */
export interface GenerateRequest {
  readonly key: string;
  /** What a warm session has to have heard last; see `lastTurn` of a record. */
  readonly lastTurn: string | undefined;
  readonly input: TurnInput;
  readonly log: Logger;
  /** Ends the turn early, with a TurnError as its reason. */
  readonly signal: AbortSignal;
  /** What all attempts may take together. */
  readonly timeoutMs: number;
  readonly telemetry?: Pick<TurnTelemetry, 'step'>;
  /** Told of each attempt that failed, and that another one follows in so many milliseconds. */
  readonly onRetry?: (waitMs: number) => void;
}

const MAX_RETRIES = 2;
/** A service that breaks twice at the same request will break a third time. A token is waited for 20 s each time. */
const FEWER_RETRIES: Partial<Record<TurnErrorCode, number>> = { server_error: 1, token_timeout: 1 };
const FIRST_BACKOFF_MS = 750;
const BACKOFF_GROWTH = 3;

/** Asks the model, again where that is safe and there is time for it. Never rejects. */
export async function generateResponse(request: GenerateRequest, services: GenerateServices): Promise<ModelResult> {
  const { timeoutMs: limitMs } = request;
  const { clock } = services;
  const deadlineMs = clock.now() + limitMs;
  const late = () => new TurnError('turn_timeout', `the turn took longer than ${limitMs} ms`);
  return withTimeoutSignal({ clock, limitMs, signal: request.signal, late }, (signal) =>
    tryVoices(deadlineMs, { ...request, signal }, services),
  );
}

/** Asks again in the configured voice where the service refuses the chosen one; `refusedVoice` of the result names that. */
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
  const usage = addUsage(result.usage, again.usage);
  return { ...again, refusedVoice, usage, isUsageUnknown: result.isUsageUnknown || again.isUsageUnknown };
}

async function tryUntil(
  deadlineMs: number,
  request: GenerateRequest,
  services: GenerateServices,
): Promise<ModelResult> {
  const failures = new Map<TurnErrorCode, number>();
  let [usage, isUsageUnknown] = [NO_TOKENS, false];
  for (let retries = 0; ; retries++) {
    const attempted = await attempt(request, services);
    usage = addUsage(usage, attempted.usage);
    isUsageUnknown ||= attempted.isUsageUnknown;
    const result = { ...attempted, usage, isUsageUnknown };
    const waitMs = retryDelayMs(result, retries, failures, services.random());
    if (waitMs === undefined || services.clock.now() + waitMs >= deadlineMs) return result;
    if ((await request.input.mayAskAgain?.()) === false) return result;
    const error = result.outcome.kind === 'failed' ? result.outcome.error : undefined;
    request.log.warn({ err: error, waitMs, retry: retries + 1 }, 'asking the model again');
    request.onRetry?.(waitMs);
    try {
      await sleep(services.clock, waitMs, request.signal);
    } catch (reason) {
      return { ...failedResult(reason), usage, isUsageUnknown };
    }
  }
}

/**
 * Half to full back-off, but never before the service wants to be asked again, and then not all at the same moment;
 * `undefined` = do not retry. Counts the failure.
 */
function retryDelayMs(
  result: ModelResult,
  retries: number,
  failures: Map<TurnErrorCode, number>,
  random: number,
): number | undefined {
  if (!result.isRetryable || result.outcome.kind !== 'failed') return undefined;
  const { code, retryAfterMs } = result.outcome.error;
  const alike = failures.get(code) ?? 0;
  failures.set(code, alike + 1);
  if (retries >= MAX_RETRIES || alike >= (FEWER_RETRIES[code] ?? MAX_RETRIES)) return undefined;
  const backoffMs = FIRST_BACKOFF_MS * BACKOFF_GROWTH ** retries;
  const spreadMs = Math.round((backoffMs / 2) * random);
  return Math.max(backoffMs / 2, retryAfterMs ?? 0) + spreadMs;
}

async function attempt(request: GenerateRequest, { sessions }: GenerateServices): Promise<ModelResult> {
  const { key, lastTurn, input, signal, telemetry = UNMEASURED } = request;
  const acquire = () => sessions.acquire(key, lastTurn, signal);
  try {
    const session = sessions.isWarm(key, lastTurn) ? await acquire() : await telemetry.step('connect', acquire);
    try {
      return await telemetry.step('generate', () => session.runTurn(input, signal), endOf);
    } finally {
      sessions.release(key, session, input.turnId);
    }
  } catch (error) {
    return failedResult(error);
  }
}

const UNMEASURED: Pick<TurnTelemetry, 'step'> = { step: (_name, work) => work() };

function endOf({ outcome, usage, responseId }: ModelResult): StepEnd {
  return { error: errorOf(outcome)?.code, usage, responseId };
}

/** What a turn came to that was not asked of the model: `reason` is why. */
export function failedResult(reason: unknown): ModelResult {
  const isTyped = reason instanceof TurnError;
  const error = isTyped ? reason : new TurnError('internal', 'the model could not be asked', { cause: reason });
  const isCancelled = error.code === 'cancelled';
  const nothing = { chunks: [], byteLength: 0 };
  return {
    outcome: isCancelled ? { kind: 'cutShort', text: '', pcm: nothing, why: 'cancelled' } : { kind: 'failed', error },
    wasReplayed: false,
    isHistoryRejected: false,
    responseId: undefined,
    isRetryable: error.retry === 'safe',
    usage: NO_TOKENS,
    isUsageUnknown: false,
    contextTokens: undefined,
  };
}
