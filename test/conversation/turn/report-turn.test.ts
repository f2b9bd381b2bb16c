import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportTurn } from '../../../src/conversation/turn/report-turn.ts';
import { Turn } from '../../../src/conversation/turn/turn.ts';
import type { TurnResult } from '../../../src/conversation/turn/turn-result.ts';
import { SendError, TurnError } from '../../../src/errors.ts';
import { failedResult } from '../../../src/realtime/model-result.ts';
import type { TurnMeasures } from '../../../src/telemetry/turn-telemetry.ts';
import { talk, turn, wayBack } from '../recordings-under-test.ts';
import { ScriptedJob } from './scripted-job.ts';

const failed = failedResult(new TurnError('quota_exhausted', 'no quota'));

/** What is counted and logged for a result. */
function reported(result: TurnResult) {
  const { services, logs } = talk();
  const context = new Turn(new ScriptedJob(turn('hello'), []), wayBack().withReplySender, services);
  let measures: TurnMeasures | undefined;
  context.telemetry.end = (all) => {
    measures = all;
  };
  if (result.kind === 'answered') context.modelResult = result.modelResult;
  reportTurn(result, context);
  const { level, msg, incident, result: loggedResult } = logs[0] ?? {};
  assert.equal(logs.length, 1);
  assert.equal(loggedResult, measures?.result);
  return [measures?.result, measures?.errorCode, level, msg, typeof incident === 'string'];
}

describe('the end of a turn', () => {
  const gone = new SendError('conversation_gone', 'blocked');
  const cases: readonly (readonly [TurnResult, ...unknown[]])[] = [
    [{ kind: 'answered', modelResult: failed }, 'failed', 'quota_exhausted', 'error', 'turn ended', true],
    [{ kind: 'refused', reason: 'tooFast' }, 'refused', undefined, 'info', 'message refused', false],
    [{ kind: 'refused', reason: 'unreadable' }, 'unreadable', undefined, 'info', 'message refused', false],
    [{ kind: 'resent' }, 'resent', undefined, 'info', 'turn ended', false],
    [{ kind: 'answeredBefore' }, 'answeredBefore', undefined, 'info', 'turn ended', false],
    [{ kind: 'unsent', error: new Error('x') }, 'unsent', 'internal', 'error', 'reply not sent', true],
    [{ kind: 'gone', error: gone }, 'gone', 'conversation_gone', 'error', 'reply not sent', true],
    [{ kind: 'failed', error: new Error('x') }, 'failed', 'internal', 'error', 'turn failed', true],
    [
      { kind: 'deadLettered' },
      ...['failed', 'dead_lettered', 'error', 'message dead-lettered: every attempt crashed', true],
    ],
    [{ kind: 'cancelled' }, 'stopped', undefined, 'info', 'turn ended', false],
    [{ kind: 'released' }, 'released', undefined, 'warn', 'turn released', false],
    [{ kind: 'superseded' }, 'superseded', undefined, 'warn', 'turn superseded', false],
  ];
  for (const [result, ...expected] of cases) {
    it(`is counted and logged once: ${JSON.stringify(Object.values(result)[0])}, ${expected[0]}`, () => {
      assert.deepEqual(reported(result), expected);
    });
  }
});
