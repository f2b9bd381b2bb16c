import { type Clock, sleep } from '../clock.ts';
import type { SessionSettings } from '../config/config.ts';
import { withTimeoutSignal } from '../deadline.ts';
import { TurnError, type TurnErrorCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { TurnTelemetry } from '../telemetry/turn-telemetry.ts';
import type { FunctionDefinition } from './function-calls.ts';
import { failedResult, type ModelResult, withUsageOf } from './model-result.ts';
import { errorOf } from './outcome.ts';
import type { SessionPool } from './pool.ts';
import type { TurnInput } from './turn-input.ts';

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
  /** Limits the first request and its retries together. */
  readonly timeoutMs: number;
  readonly telemetry?: Pick<TurnTelemetry, 'step'>;
  /** Called before each retry. The chat in the terminal uses it. */
  readonly onRetry?: (waitMs: number) => void;
}

const MAX_RETRIES = 2;
/** A service that fails twice at a request will fail a third time; each wait for a token takes up to 20 s. */
const MAX_RETRIES_BY_CODE: Partial<Record<TurnErrorCode, number>> = { server_error: 1, token_timeout: 1 };
/** A turn whose functions are rejected more often goes without functions. */
const MAX_REJECTED_FUNCTIONS = 5;
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
    askDroppingRejected(deadlineMs, { ...request, signal }, services),
  );
}

/**
 * Asks, and asks again without what the service rejects of the settings: in the configured voice, and without the
 * functions that it names. The result names what was rejected.
 */
async function askDroppingRejected(
  deadlineMs: number,
  request: GenerateRequest,
  services: GenerateServices,
): Promise<ModelResult> {
  let { input } = request;
  let latest = await askWithRetries(deadlineMs, request, services);
  let total = latest;
  for (let rejections = 1; ; rejections++) {
    const dropAllFunctions = rejections > MAX_REJECTED_FUNCTIONS;
    const reduced = withoutRejected(input, latest, { dropAllFunctions, log: request.log }, services);
    if (reduced === undefined || (await input.reserveRetry?.()) === false) return total;
    input = reduced;
    latest = await askWithRetries(deadlineMs, { ...request, input }, services);
    total = {
      ...withUsageOf(latest, total),
      // The voice can be rejected once, functions in each round.
      rejectedVoice: total.rejectedVoice ?? latest.rejectedVoice,
      rejectedFunctions: [...(total.rejectedFunctions ?? []), ...(latest.rejectedFunctions ?? [])],
    };
  }
}

/** Returns `undefined` if nothing was rejected that the turn can do without. */
function withoutRejected(
  input: TurnInput,
  { rejectedVoice, rejectedFunctions, isDecidedCallRejected = false }: ModelResult,
  { dropAllFunctions, log }: { readonly dropAllFunctions: boolean; readonly log: Logger },
  { settings: { voice } }: GenerateServices,
): TurnInput | undefined {
  const { functions, settings } = input;
  if (isDecidedCallRejected) {
    log.warn('call rejected by the service: its result goes as text');
    return { ...input, decidedAsText: true };
  }
  if (rejectedFunctions !== undefined && functions !== undefined) {
    const isAll = dropAllFunctions || rejectedFunctions.length === 0;
    const isKept = ({ name }: FunctionDefinition) => !isAll && !rejectedFunctions.includes(name);
    if (isAll) log.warn('functions rejected by the service: the turn goes without any');
    return { ...input, functions: { ...functions, definitions: functions.definitions.filter(isKept) } };
  }
  if (rejectedVoice === undefined || rejectedVoice === voice || settings === undefined) return undefined;
  log.warn({ rejectedVoice, voice }, 'voice rejected by the service: the configured one is used');
  return { ...input, settings: { ...settings, voice } };
}

async function askWithRetries(
  deadlineMs: number,
  request: GenerateRequest,
  { sessions, clock, random }: GenerateServices,
): Promise<ModelResult> {
  let result = await askOnce(request, sessions);
  for (let retries = 0; ; retries++) {
    const waitMs = retryDelayMs(result, retries, random());
    if (waitMs === undefined || clock.now() + waitMs >= deadlineMs) return result;
    if ((await request.input.reserveRetry?.()) === false) return result;
    request.log.warn({ err: errorOf(result.outcome), waitMs, retry: retries + 1 }, 'model asked again');
    request.onRetry?.(waitMs);
    try {
      await sleep(clock, waitMs, request.signal);
    } catch (reason) {
      return withUsageOf(failedResult(reason), result);
    }
    result = withUsageOf(await askOnce(request, sessions), result);
  }
}

/** Returns half to full backoff, but at least the wait that the service asks for; `undefined` if there is no retry. */
function retryDelayMs({ outcome, isRetryable }: ModelResult, retries: number, random: number): number | undefined {
  if (!isRetryable || outcome.kind !== 'failed') return undefined;
  const { code, retryAfterMs = 0 } = outcome.error;
  if (retries >= (MAX_RETRIES_BY_CODE[code] ?? MAX_RETRIES)) return undefined;
  const backoffMs = FIRST_BACKOFF_MS * BACKOFF_GROWTH ** retries;
  return Math.max(backoffMs / 2, retryAfterMs) + Math.round((backoffMs / 2) * random);
}

async function askOnce(request: GenerateRequest, sessions: SessionPool): Promise<ModelResult> {
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
      // The same value that `turnEdit` saves as the record's `sessionVersion`.
      sessions.release(key, session, input.turnId);
    }
  } catch (error) {
    return failedResult(error);
  }
}
