import { BYTES_PER_SECOND } from '../audio/pcm.ts';
import { addUsage, byModality, type ContextTokens, NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import { endedBy, errorOf, joinedOutcomes, type Outcome, type ResponseOutcome } from './outcome.ts';

/** The model's part of a turn. */
export interface ModelResult<End = Outcome> {
  readonly outcome: End;
  /** Whether this turn sent the history to the session. */
  readonly wasReplayed: boolean;
  /** Whether the service rejected the history. */
  readonly isHistoryRejected: boolean;
  /** The voice that the service rejected, if any. The turn may have been answered in another voice after that. */
  readonly rejectedVoice?: string | undefined;
  /** The functions that the service rejected; empty if it did not name them. The turn may have gone without them. */
  readonly rejectedFunctions?: readonly string[] | undefined;
  /** Whether the service rejected the decided call. */
  readonly isDecidedCallRejected?: boolean;
  /** The service's id of the response, once it has begun. */
  readonly responseId: string | undefined;
  /** Whether a retry may help and cannot answer twice: the error is transient, and no delta had arrived. */
  readonly isRetryable: boolean;
  /** The billed tokens of all responses, retries among them, as far as the service reported them. */
  readonly usage: TokenUsage;
  /** Whether the service did not report the usage of a response. */
  readonly isUsageUnknown: boolean;
  /** The transcript of the clips, if there is one. */
  readonly transcript?: string | undefined;
  /** The least tokens that the session's next response will read; `undefined` if the service did not report usage. */
  readonly contextTokens: ContextTokens | undefined;
}

/** What came of one response of the turn. */
export interface ResponseResult extends ModelResult<ResponseOutcome> {
  /** The ids of the response's items in the model's memory. */
  readonly itemIds: readonly string[];
  /** Whether the model's memory matches what the user got; otherwise the session cannot be used again. */
  readonly isMemoryExact: boolean;
}

/** The result of a turn that ended for `reason` before a response was requested. */
export function failedResult(reason: unknown): ModelResult {
  const outcome = endedBy(reason);
  return {
    outcome,
    wasReplayed: false,
    isHistoryRejected: false,
    responseId: undefined,
    isRetryable: errorOf(outcome)?.retry === 'safe',
    usage: NO_TOKENS,
    isUsageUnknown: false,
    contextTokens: undefined,
  };
}

/** The result with the usage of another response of the turn added. */
export function withUsageOf<Result extends BilledUsage>(result: Result, other: BilledUsage): Result {
  const isUsageUnknown = other.isUsageUnknown || result.isUsageUnknown;
  return { ...result, usage: addUsage(other.usage, result.usage), isUsageUnknown };
}

type BilledUsage = Pick<ModelResult, 'usage' | 'isUsageUnknown'>;

/** Joins two responses of one turn: their text and audio in order, and the sum of their usage. */
export function joinedResults(before: ResponseResult, after: ResponseResult): ResponseResult {
  return {
    ...withUsageOf(after, before),
    outcome: joinedOutcomes(before.outcome, after.outcome),
    wasReplayed: before.wasReplayed,
    // Tools have run: a retry would run them again.
    isRetryable: false,
  };
}

/** The context of the next response: the input and output of this one. */
export function contextAfter(usage: TokenUsage): ContextTokens {
  return byModality((name) => usage[name].in + usage[name].out);
}

const TOKENS_PER_SECOND = 20;
/** The service rounds its count, and may leave out a little silence at the end. */
const TOLERANCE = 0.9;

/** The bytes of audio missing by the service's own count; 0 within the tolerance or if the count is unknown. */
export function missingAudioBytes({ outcome, usage }: ResponseResult): number {
  if (outcome.kind !== 'spoken') return 0;
  const expectedBytes = (usage.audio.out * BYTES_PER_SECOND) / TOKENS_PER_SECOND;
  return outcome.pcm.byteLength < expectedBytes * TOLERANCE ? expectedBytes - outcome.pcm.byteLength : 0;
}
