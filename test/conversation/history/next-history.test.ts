import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HistoryState, nextHistory } from '../../../src/conversation/history/history.ts';
import { TurnError } from '../../../src/errors.ts';
import type { ModelResult } from '../../../src/realtime/model-result.ts';
import type { Outcome } from '../../../src/realtime/outcome.ts';
import { NO_TOKENS } from '../../../src/token-usage.ts';

const UNBILLED = { usage: NO_TOKENS, isUsageUnknown: false, contextTokens: undefined };
const NO_SOUND = { chunks: [], byteLength: 0 };
const FOUR: HistoryState = {
  history: ['1', '2', '3', '4'].map((user) => ({ user, assistant: `answer ${user}` })),
  rejectedTurns: 0,
};
const filtered: Outcome = { kind: 'cutShort', text: '', pcm: NO_SOUND, why: 'filter' };
const rejected: Outcome = { kind: 'failed', error: new TurnError('request_rejected', 'no') };
const lost: Outcome = { kind: 'failed', error: new TurnError('connection_lost', 'no') };

function resultOf(outcome: Outcome, more: Partial<ModelResult> = {}): ModelResult {
  return {
    outcome,
    wasReplayed: true,
    isHistoryRejected: false,
    responseId: undefined,
    isRetryable: false,
    ...UNBILLED,
    ...more,
  };
}

/** The state after this number of equal results in a row. */
function after(times: number, result: ModelResult): HistoryState {
  let state = FOUR;
  for (let count = 0; count < times; count++) state = nextHistory(state, { user: 'refused' }, result, 40);
  return state;
}

const usersOf = ({ history }: HistoryState) => history.map(({ user }) => user);

describe('the history after a turn', () => {
  it('contains a question that has no answer', () => {
    const { history } = nextHistory(FOUR, { user: '5' }, resultOf(lost), 40);
    assert.deepEqual(history.at(-1), { user: '5', assistant: undefined });
  });

  for (const [name, outcome] of Object.entries({ filtered, rejected })) {
    it(`leaves out a turn that was ${name}, and nothing else for two of them in a row`, () => {
      assert.deepEqual(usersOf(after(2, resultOf(outcome))), ['1', '2', '3', '4']);
    });

    it(`loses its older half from the third rejection in a row if ${name}, until a turn is answered`, () => {
      assert.deepEqual(usersOf(after(3, resultOf(outcome))), ['3', '4']);
      assert.deepEqual(usersOf(after(4, resultOf(outcome))), ['4']);
      assert.deepEqual(usersOf(after(5, resultOf(outcome))), []);
      const answered = nextHistory(
        after(3, resultOf(outcome)),
        { user: '5' },
        resultOf({ kind: 'textOnly', text: 'Hi' }),
        40,
      );
      assert.deepEqual([usersOf(answered), answered.rejectedTurns], [['3', '4', '5'], 0]);
    });

    it(`is not blamed for a turn that was ${name} in a session that did not have it`, () => {
      assert.deepEqual(usersOf(after(9, resultOf(outcome, { wasReplayed: false }))), ['1', '2', '3', '4']);
    });
  }

  it('loses its older half at once if the service names it as the cause', () => {
    const { history, rejectedTurns } = nextHistory(
      FOUR,
      { user: 'x' },
      resultOf(rejected, { isHistoryRejected: true }),
      40,
    );
    assert.deepEqual([history.map(({ user }) => user), rejectedTurns], [['3', '4'], 0]);
  });
});
