import { BYTES_PER_SECOND } from '../audio/pcm.ts';
import type { TurnEvents } from './client-events.ts';
import type { Outcome } from './outcome.ts';
import type { ResponseCollector } from './response-collector.ts';

/** What a turn came to. `isRetryable`: nothing had arrived, so asking once more cannot answer twice. */
export interface TurnResult {
  readonly outcome: Outcome;
  /** Whether the session was told the history with this turn. */
  readonly wasReplayed: boolean;
  /** Whether it was the history that the service did not take. */
  readonly isHistoryRejected: boolean;
  /** The service's name of the response, once it had begun. */
  readonly responseId: string | undefined;
  readonly isRetryable: boolean;
}

/** What to make of a response that has ended. */
export function resultOf(outcome: Outcome, { history }: TurnEvents, collector: ResponseCollector): TurnResult {
  return {
    outcome,
    wasReplayed: history !== undefined,
    isHistoryRejected: history !== undefined && collector.rejectedEventId === history.event_id,
    responseId: collector.responseId,
    isRetryable: outcome.kind === 'failed' && outcome.error.retry === 'safe' && !collector.hasDelta,
  };
}

/** Whether the model remembers what the user was given: else the session is of no more use. */
export function keepsMemory(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
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
export function missingAudioBytes(outcome: Outcome, { audioTokens }: ResponseCollector): number {
  if (outcome.kind !== 'spoken' || audioTokens === undefined) return 0;
  const expectedBytes = (audioTokens * BYTES_PER_SECOND) / TOKENS_PER_SECOND;
  return outcome.pcm.byteLength < expectedBytes * TOLERANCE ? expectedBytes - outcome.pcm.byteLength : 0;
}
