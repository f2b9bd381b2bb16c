import assert from 'node:assert/strict';
import type { Pcm } from '../../src/audio/pcm.ts';
import { TURN_ERRORS, TurnError } from '../../src/errors.ts';
import type { ModelResult } from '../../src/realtime/model-result.ts';
import type { Outcome, ResponseOutcome } from '../../src/realtime/outcome.ts';

/** Throws if an outcome does not fulfil the promise of its kind. */
export function assertOutcome(outcome: Outcome | ResponseOutcome): void {
  switch (outcome.kind) {
    case 'spoken':
      assertSound(outcome.pcm);
      assert.ok(outcome.pcm.byteLength > 0, 'spoken without sound');
      assertTrimmed(outcome.text);
      return;
    case 'textOnly':
      assert.notEqual(outcome.text, '');
      assertTrimmed(outcome.text);
      return;
    case 'calledTools':
    case 'needsApproval':
      assertSound(outcome.pcm);
      assertTrimmed(outcome.text);
      return;
    case 'cutShort':
      assertSound(outcome.pcm);
      assertTrimmed(outcome.text);
      assert.ok(outcome.why === 'filter' || outcome.text !== '' || outcome.pcm.byteLength > 0, 'cut short to nothing');
      if (outcome.error !== undefined) assertError(outcome.error);
      return;
    case 'failed':
      assertError(outcome.error);
  }
}

/** Throws if the result of a turn does not fit its outcome. */
export function assertResult({ outcome, isRetryable, isHistoryRejected }: ModelResult): void {
  assertOutcome(outcome);
  if (isRetryable) assert.ok(outcome.kind === 'failed' && outcome.error.retry === 'safe', 'retried without need');
  assert.equal(isHistoryRejected, false, 'there was no history');
}

/** The text of an outcome, or an empty one. */
export function wordsOf(outcome: Outcome | ResponseOutcome): string {
  return outcome.kind === 'failed' ? '' : outcome.text;
}

/** A name for each way to end, for the counts. */
export function nameOf(outcome: Outcome | ResponseOutcome): string {
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
    case 'calledTools':
    case 'needsApproval':
      return outcome.kind;
    case 'cutShort':
      return `cutShort ${outcome.why}${outcome.error === undefined ? '' : ` ${outcome.error.code}`}`;
    case 'failed':
      return `failed ${outcome.error.code}`;
  }
}

function assertSound({ chunks, byteLength }: Pcm): void {
  assert.equal(byteLength % 2, 0, 'half a sample');
  assert.equal(
    chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
    byteLength,
  );
}

function assertTrimmed(text: string): void {
  assert.equal(typeof text, 'string');
  assert.equal(text, text.trim());
}

function assertError(error: TurnError): void {
  assert.ok(error instanceof TurnError, String(error));
  assert.ok(Object.hasOwn(TURN_ERRORS, error.code), error.code);
  assert.equal(error.retry, TURN_ERRORS[error.code].retry);
  assert.ok(error.retryAfterMs === undefined || error.retryAfterMs >= 0, String(error.retryAfterMs));
}
