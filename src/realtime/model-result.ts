import { BYTES_PER_SECOND } from '../audio/pcm.ts';
import { NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import type { TurnEvents } from './client-events.ts';
import type { Outcome } from './outcome.ts';
import type { ResponseCollector } from './response-collector.ts';

/** What a turn came to. `isRetryable`: nothing had arrived, so asking once more cannot answer twice. */
export interface ModelResult {
  readonly outcome: Outcome;
  /** Whether the session was told the history with this turn. */
  readonly wasReplayed: boolean;
  /** Whether it was the history that the service did not take. */
  readonly isHistoryRejected: boolean;
  /** The voice that the service does not have, where the turn ended by that. */
  readonly refusedVoice?: string | undefined;
  /** The service's name of the response, once it had begun. */
  readonly responseId: string | undefined;
  readonly isRetryable: boolean;
  /** What was billed for it, all attempts together, as far as the service said. */
  readonly usage: TokenUsage;
  /** Whether a response was asked for of which the service did not say what it cost. */
  readonly isUsageUnknown: boolean;
  /** What the service understood of the clips that were sent; `undefined` where it did not say, or was not asked. */
  readonly heard?: string | undefined;
  /** What the session's next response will read at the least; `undefined` where the service did not say. */
  readonly contextTokens: ContextTokens | undefined;
}

/** Tokens that a session holds. */
export interface ContextTokens {
  readonly text: number;
  readonly audio: number;
}

/** What to make of a response that has ended. */
export function resultOf(
  outcome: Outcome,
  { history, voice }: TurnEvents,
  collector: ResponseCollector,
  wasSent: boolean,
): ModelResult {
  return {
    outcome,
    wasReplayed: history !== undefined,
    isHistoryRejected: history !== undefined && collector.rejectedEventId === history.event_id,
    refusedVoice: collector.isVoiceRefused ? voice : undefined,
    responseId: collector.responseId,
    usage: collector.usage ?? NO_TOKENS,
    isUsageUnknown: wasSent && collector.usage === undefined,
    contextTokens: collector.usage && contextAfter(collector.usage),
    isRetryable: outcome.kind === 'failed' && outcome.error.retry === 'safe' && !collector.hasDelta,
  };
}

/** All that a response read and said is read by the next. */
function contextAfter({ text, audio, image }: TokenUsage): ContextTokens {
  return { text: text.in + text.out + image.in, audio: audio.in + audio.out };
}

/** Whether the model remembers what the user was given: else the session is of no more use. */
export function keepsMemory(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
    case 'needsApproval':
      return true;
    case 'cutShort':
      return outcome.why === 'length';
    case 'failed':
      return false;
  }
}

const TOKENS_PER_SECOND = 20;
/** The service's count is rounded, and a little silence at the end may be missing. */
const TOLERANCE = 0.9;

/** How much sound is missing of what the service says it has made; 0 where it is within tolerance, or unknown. */
export function missingAudioBytes(outcome: Outcome, { usage }: ResponseCollector): number {
  if (outcome.kind !== 'spoken' || usage === undefined) return 0;
  const expectedBytes = (usage.audio.out * BYTES_PER_SECOND) / TOKENS_PER_SECOND;
  return outcome.pcm.byteLength < expectedBytes * TOLERANCE ? expectedBytes - outcome.pcm.byteLength : 0;
}
