import { type Pcm, toPcm } from '../audio/pcm.ts';
import { TurnError } from '../errors.ts';
import { addUsage } from '../token-usage.ts';
import type { ModelResult, ResponseResult } from './model-result.ts';
import type { Outcome, ResponseOutcome } from './outcome.ts';

/** Joins two responses of one turn: their text and audio in order, and the sum of their usage. */
export function joinedResults(before: ResponseResult, after: ResponseResult): ResponseResult {
  return {
    ...after,
    outcome: joinedOutcomes(before.outcome, after.outcome),
    wasReplayed: before.wasReplayed,
    usage: addUsage(before.usage, after.usage),
    isUsageUnknown: before.isUsageUnknown || after.isUsageUnknown,
    // Tools have run: a retry would run them again.
    isRetryable: false,
  };
}

/** The result of a turn that ended while its calls ran. The answer before the calls is delivered. */
export function interruptedResult(before: ResponseResult, reason: unknown): ModelResult {
  const error = reason instanceof TurnError ? reason : new TurnError('internal', 'the calls failed', { cause: reason });
  const { text, pcm } = saidIn(before.outcome);
  const isCancelled = error.code === 'cancelled';
  const isSilent = text === '' && pcm.byteLength === 0;
  const outcome: Outcome =
    isSilent && !isCancelled
      ? { kind: 'failed', error }
      : { kind: 'cutShort', text, pcm, ...(isCancelled ? { why: 'cancelled' } : { why: 'lost', error }) };
  return { ...before, outcome, isRetryable: false };
}

/** The answer of a response whose calls are not run, because the next response would be over budget. */
export function overBudgetResult(before: ResponseResult): ModelResult {
  return { ...before, outcome: { kind: 'cutShort', ...saidIn(before.outcome), why: 'budget' }, isRetryable: false };
}

/** The answer of a response whose calls all wait for the user's approval. */
export function waitingResult(before: ResponseResult): ModelResult {
  return { ...before, outcome: { kind: 'needsApproval', ...saidIn(before.outcome) } };
}

/** The answer of a response whose calls are not run. */
export function withoutCalls(result: ResponseResult): ModelResult {
  const { text, pcm } = saidIn(result.outcome);
  const error = new TurnError('empty_response', 'the model only calls what it may not call');
  const spoken: Outcome = pcm.byteLength > 0 ? { kind: 'spoken', text, pcm } : { kind: 'textOnly', text };
  return { ...result, outcome: text === '' && pcm.byteLength === 0 ? { kind: 'failed', error } : spoken };
}

function joinedOutcomes(before: ResponseOutcome, after: ResponseOutcome): ResponseOutcome {
  const said = saidIn(before);
  const text = [said.text, saidIn(after).text].filter((each) => each !== '').join('\n\n');
  // Half a sample at the end of one response would shift every sample of the next.
  const pcm = toPcm([...said.pcm.chunks, ...saidIn(after).pcm.chunks]);
  switch (after.kind) {
    case 'spoken':
    case 'textOnly':
      return pcm.byteLength > 0 ? { kind: 'spoken', text, pcm } : { kind: 'textOnly', text };
    case 'calledTools':
    case 'cutShort':
      return { ...after, text, pcm };
    case 'failed':
      return text === '' && pcm.byteLength === 0
        ? after
        : { kind: 'cutShort', text, pcm, why: 'lost', error: after.error };
  }
}

function saidIn(outcome: ResponseOutcome): { readonly text: string; readonly pcm: Pcm } {
  const pcm = 'pcm' in outcome ? outcome.pcm : { chunks: [], byteLength: 0 };
  return { text: outcome.kind === 'failed' ? '' : outcome.text, pcm };
}
