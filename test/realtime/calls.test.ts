import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TurnError } from '../../src/errors.ts';
import type { CallOutputs, TurnFunctions } from '../../src/realtime/function-calls.ts';
import { LiveText } from '../../src/realtime/live-text.ts';
import type { FunctionCall } from '../../src/realtime/server-event.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import type { TurnInput } from '../../src/realtime/turn-input.ts';
import { plain } from './collecting.ts';
import { type Answer, FakeModel, fieldsOf, NEVER, SETTINGS, says } from './fake-model.ts';
import * as wire from './server-events.ts';

const WEATHER = { name: 'weather', description: 'Tells it.', parameters: { type: 'object', properties: {} } };
const call = (callId: string, argumentsText = '{}') => ({
  ...{ id: `item_${callId}`, type: 'function_call', status: 'completed', name: 'weather' },
  ...{ call_id: callId, arguments: argumentsText },
});

/** Speaks, if there is text, and calls tools. */
function calls(ids: readonly string[], text = '', status = 'completed'): Answer {
  return (connection, turn) => {
    const response = `resp_${turn}`;
    const spoken = text === '' ? [] : [wire.transcriptDelta(text, { response }), wire.audioDelta([1, 2], { response })];
    const details = status === 'completed' ? undefined : { type: status, reason: 'max_output_tokens' };
    const usage = { total_tokens: 3, input_tokens: 2, output_tokens: 1 };
    const end = wire.done({ response, turn, status, details, output: ids.map((id) => call(id)), usage });
    connection.receive(wire.created({ response, turn }), ...spoken, end);
  };
}

function inText(text: string): Answer {
  return (connection, name) => {
    const response = `resp_${name}`;
    const delta = wire.textDelta(text, { response });
    connection.receive(wire.created({ response, turn: name }), delta, wire.done({ response, turn: name }));
  };
}

/** Answers each call with "sunny", and records the calls. */
function functionsOf(
  run: (asked: readonly FunctionCall[], signal: AbortSignal) => Promise<Partial<CallOutputs>> = async () => ({}),
) {
  const asked: FunctionCall[][] = [];
  const functions: TurnFunctions = {
    definitions: [WEATHER],
    async run(all, signal) {
      asked.push([...all]);
      const outputs = all.map(({ callId }) => ({ callId, output: 'sunny' }));
      return { outputs, parts: [], isWaiting: false, ...(await run(all, signal)) };
    },
  };
  return { asked, functions };
}

async function sessionWith(answers: readonly Answer[]) {
  const model = new FakeModel(answers);
  const session = await RealtimeSession.open(model.sessionDeps, NEVER);
  return { model, session, connection: model.last };
}

const typesOf = (sent: readonly { readonly type: string }[]) => sent.map(({ type }) => type);
const turn = (turnId: string, functions?: TurnFunctions) => ({ turnId, text: 'hi', history: undefined, functions });

describe('the list of tools', () => {
  it('is sent with the settings once, and again when it has changed', async () => {
    const { session, connection } = await sessionWith([says('one'), says('two'), says('three')]);
    const { functions } = functionsOf();
    await session.runTurn(turn('t1', functions), NEVER);
    const { tools, tool_choice } = fieldsOf(connection.sent[0], 'session');
    assert.deepEqual(tools, [{ type: 'function', ...WEATHER }]);
    assert.equal(tool_choice, 'auto');
    connection.sent.length = 0;
    await session.runTurn(turn('t2', functions), NEVER);
    assert.deepEqual(typesOf(connection.sent), ['conversation.item.create', 'response.create']);
    connection.sent.length = 0;
    await session.runTurn(turn('t3', { ...functions, definitions: [] }), NEVER);
    assert.deepEqual(typesOf(connection.sent), ['session.update', 'conversation.item.create', 'response.create']);
    assert.deepEqual(fieldsOf(connection.sent[0], 'session'), { type: 'realtime', tools: [], tool_choice: 'auto' });
  });

  it('is not sent if it is empty', async () => {
    const { session, connection } = await sessionWith([says('one')]);
    await session.runTurn(turn('t1'), NEVER);
    assert.equal('tools' in fieldsOf(connection.sent[0], 'session'), false);
  });
});

describe('the listener of a turn', () => {
  it('gets the transcript of a clip that comes while a tool runs', async () => {
    const { session, connection } = await sessionWith([calls(['a']), says('It is sunny.')]);
    const { functions } = functionsOf(async () => {
      connection.receive(
        { type: 'input_audio_buffer.committed', item_id: 'clip' },
        {
          type: 'conversation.item.input_audio_transcription.completed',
          item_id: 'clip',
          transcript: 'How is the weather?',
        },
      );
      return {};
    });
    const kinds: string[] = [];
    const onEvent: TurnInput['onEvent'] = ({ kind }) => kinds.push(kind);
    await session.runTurn({ ...turn('t1', functions), onEvent }, NEVER);
    const ends = kinds.filter((kind) => kind === 'responseDone' || kind === 'transcript' || kind === 'audioCommitted');
    assert.deepEqual(ends, ['responseDone', 'audioCommitted', 'transcript', 'responseDone']);
    connection.receive({ type: 'session.updated', session: {} });
    assert.equal(kinds.at(-1), 'responseDone');
  });
});

describe('calls in a response', () => {
  it('are answered by one output each and one response.create, and all text is one answer', async () => {
    const { session, connection } = await sessionWith([calls(['a', 'b'], 'Let me look.'), says('It is sunny.')]);
    const { functions, asked } = functionsOf();
    const live = new LiveText('t1', 'audio');
    const shown: string[] = [];
    const onEvent: TurnInput['onEvent'] = (event) => {
      if (live.accept(event)) shown.push(live.text());
    };
    const result = await session.runTurn({ ...turn('t1', functions), onEvent }, NEVER);
    const text = 'Let me look.\n\nIt is sunny.';
    assert.deepEqual(plain(result.outcome), { kind: 'spoken', text, bytes: [1, 2, 1, 2, 3, 4] });
    assert.deepEqual(shown, ['Let me look.', text]);
    assert.deepEqual(
      asked[0]?.map(({ callId, name, argumentsText }) => [callId, name, argumentsText]),
      [
        ['a', 'weather', '{}'],
        ['b', 'weather', '{}'],
      ],
    );
    const after = connection.sent.slice(3);
    assert.deepEqual(typesOf(after), ['conversation.item.create', 'conversation.item.create', 'response.create']);
    assert.deepEqual(fieldsOf(after[0], 'item'), { type: 'function_call_output', call_id: 'a', output: 'sunny' });
    assert.deepEqual(after[2]?.['response'], { metadata: { turn: 't1.2' } });
    assert.equal(session.isUsableFor(0), true);
  });

  it('add the usage of the next response, which is not retried', async () => {
    const fails: Answer = (connection, name) => {
      const response = `resp_${name}`;
      const failed = wire.failedBy({ type: 'server_error' });
      connection.receive(wire.created({ response, turn: name }), wire.done({ response, turn: name, ...failed }));
    };
    const { session } = await sessionWith([calls(['a']), fails]);
    const result = await session.runTurn(turn('t1', functionsOf().functions), NEVER);
    assert.equal(result.outcome.kind, 'failed');
    assert.equal(result.isRetryable, false);
    assert.equal(result.usage.audio.out, 1);
  });

  it('can be followed by more calls up to the fifth response, which may not call', async () => {
    const rounds = ['a', 'b', 'c', 'd'].map((id) => calls([id]));
    const { session, connection } = await sessionWith([...rounds, says('Done.')]);
    const { functions, asked } = functionsOf();
    const result = await session.runTurn(turn('t1', functions), NEVER);
    assert.equal(asked.length, 4);
    assert.equal(result.outcome.kind === 'spoken' && result.outcome.text, 'Done.');
    const creates = connection.sentOf('response.create').map((event) => fieldsOf(event, 'response')['tool_choice']);
    assert.deepEqual(creates, [undefined, undefined, undefined, undefined, 'none']);
  });

  it('of a fifth response do not run, and the session is closed', async () => {
    const { session } = await sessionWith(['a', 'b', 'c', 'd', 'e'].map((id) => calls([id], 'Hm.')));
    const { functions, asked } = functionsOf();
    const result = await session.runTurn(turn('t1', functions), NEVER);
    assert.equal(asked.length, 4);
    assert.equal(result.outcome.kind, 'spoken');
    assert.equal(session.isUsableFor(0), false);
  });

  it('do not run if the budget does not allow another response', async () => {
    const { session } = await sessionWith([calls(['a'], 'Let me look.')]);
    const { functions, asked } = functionsOf();
    const callCounts: (number | undefined)[] = [];
    const reserveAfterCalls = async (callCount: number) => {
      callCounts.push(callCount);
      return false;
    };
    const { outcome } = await session.runTurn({ ...turn('t1', functions), reserveAfterCalls }, NEVER);
    assert.deepEqual(plain(outcome), { kind: 'cutShort', why: 'budget', text: 'Let me look.', bytes: [1, 2] });
    assert.deepEqual(asked, []);
    assert.deepEqual(callCounts, [1]);
    assert.equal(session.isUsableFor(0), false);
  });

  it('end the turn if they wait for the user: outputs are sent without a response.create', async () => {
    const { session, connection } = await sessionWith([calls(['a'], 'I will delete it.'), says('two')]);
    const { functions } = functionsOf(async () => ({ isWaiting: true }));
    const { outcome } = await session.runTurn(turn('t1', functions), NEVER);
    assert.deepEqual(plain(outcome), { kind: 'needsApproval', text: 'I will delete it.', bytes: [1, 2] });
    assert.equal(connection.sentOf('response.create').length, 1);
    assert.equal(connection.sent.at(-1)?.type, 'conversation.item.create');
    assert.equal(session.isUsableFor(0), true);
  });

  it('send images as a user item before the response.create', async () => {
    const { session, connection } = await sessionWith([calls(['a']), says('A cat.')]);
    const picture = { kind: 'image', dataUri: 'data:image/png;base64,AA==' } as const;
    const { functions } = functionsOf(async () => ({ parts: [picture] }));
    await session.runTurn(turn('t1', functions), NEVER);
    const [, item] = connection.sent.slice(3);
    assert.deepEqual(fieldsOf(item, 'item')['content'], [{ type: 'input_image', image_url: picture.dataUri }]);
  });

  it('do not run if the response was truncated, and the session is closed', async () => {
    const { session } = await sessionWith([calls(['a'], 'Let me', 'incomplete')]);
    const { functions, asked } = functionsOf();
    const { outcome } = await session.runTurn(turn('t1', functions), NEVER);
    assert.deepEqual(plain(outcome), { kind: 'cutShort', why: 'length', text: 'Let me', bytes: [1, 2] });
    assert.deepEqual(asked, []);
    assert.equal(session.isUsableFor(0), false);
  });

  for (const [name, reason, expected] of [
    ['is stopped by the user', new TurnError('cancelled', 'x'), { kind: 'cutShort', why: 'cancelled' }],
    ['times out', new TurnError('turn_timeout', 'x'), { kind: 'cutShort', why: 'lost' }],
  ] as const) {
    it(`keep the spoken part and close the session if the turn ${name}`, async () => {
      const stop = new AbortController();
      const { session, connection } = await sessionWith([calls(['a'], 'Let me look.')]);
      const { functions } = functionsOf((_all, signal) => {
        stop.abort(reason);
        return Promise.reject(signal.reason);
      });
      const { outcome, isRetryable } = await session.runTurn(turn('t1', functions), stop.signal);
      assert.deepEqual(plain(outcome), { ...expected, text: 'Let me look.', bytes: [1, 2] });
      assert.equal(isRetryable, false);
      assert.equal(connection.sentOf('response.create').length, 1);
      assert.equal(session.isUsableFor(0), false);
    });
  }

  it('do not count as silence, however long the tools take', async () => {
    const { session, model } = await sessionWith([calls(['a']), says('Done.')]);
    const { functions } = functionsOf(async () => {
      await model.clock.advance(60_000);
      return {};
    });
    const { outcome } = await session.runTurn(turn('t1', functions), NEVER);
    assert.equal(outcome.kind, 'spoken');
  });

  it('are answered in speech: a text answer is requested once more as audio', async () => {
    const answers = [calls(['a'], 'Let me look.'), inText('As text.'), says('It is sunny.')];
    const { session, connection } = await sessionWith(answers);
    const { outcome } = await session.runTurn(turn('t1', functionsOf().functions), NEVER);
    const text = 'Let me look.\n\nIt is sunny.';
    assert.deepEqual(plain(outcome), { kind: 'spoken', text, bytes: [1, 2, 1, 2, 3, 4] });
    assert.deepEqual(typesOf(connection.sent.slice(-2)), ['conversation.item.delete', 'response.create']);
    assert.equal(session.isUsableFor(0), true);
  });

  it('keep the speech before them and the text answer if no speech comes', async () => {
    const { session } = await sessionWith([calls(['a'], 'Let me look.'), inText('Sunny.'), inText('Again.')]);
    const { outcome } = await session.runTurn(turn('t1', functionsOf().functions), NEVER);
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'Let me look.\n\nSunny.', bytes: [1, 2] });
    assert.equal(session.isUsableFor(0), false);
  });

  it('are answered in text in a text conversation', async () => {
    const model = new FakeModel([calls(['a']), inText('Sunny.')]);
    const settings = { ...SETTINGS, modality: 'text' as const };
    const session = await RealtimeSession.open({ ...model.sessionDeps, settings }, NEVER);
    const { outcome } = await session.runTurn(turn('t1', functionsOf().functions), NEVER);
    assert.deepEqual(outcome, { kind: 'textOnly', text: 'Sunny.' });
  });
});
