import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ScriptedItem } from '../../../dev/simulator/responder.ts';
import { begin, type Json, joined, responseOf, SECOND, shape, simulate } from './client.ts';

const DELTA = 'response.function_call_arguments.delta';
const DONE = 'response.function_call_arguments.done';
const ARGUMENTS = '{"orderNumber": "4711"}';
const COMPLETED = { kind: 'completed' } as const;

const call = (name: string, text = ARGUMENTS, callId = `call_${name}`): ScriptedItem => ({
  call: { name, arguments: text, callId },
});
const PREAMBLE: ScriptedItem = { text: 'Let me look that up.', pcm: SECOND };

/** The types of events with the position of their item, each run of deltas shown once. */
function positions(events: readonly Json[]): string[] {
  const shown = events.map(({ type, output_index = '' }) => `${type} ${output_index}`.trim());
  return shown.filter((line, index) => line !== shown[index - 1]);
}

const END_OF = (index: number) => [`${DONE} ${index}`, 'conversation.item.done', `response.output_item.done ${index}`];

describe('a response with calls', () => {
  it('sends the events of a call in the order of the service', async (t) => {
    const simulator = await simulate([{ outputs: [call('order_status')], ending: COMPLETED }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('hi', { id: 'mine' });
    client.send({ type: 'response.create' });
    await client.until('conversation.item.done');
    const events = await client.through('response.done');
    assert.deepEqual(shape(events), [
      'response.created',
      'rate_limits.updated',
      'response.output_item.added',
      'conversation.item.added',
      DELTA,
      DONE,
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
    ]);
    const [added, ...deltas] = events.filter(({ type }) => type === 'conversation.item.added' || type === DELTA);
    assert.ok(added);
    const { id, ...item } = added['item'] as Json;
    const common = {
      object: 'realtime.item',
      type: 'function_call',
      call_id: 'call_order_status',
      name: 'order_status',
    };
    assert.deepEqual(item, { ...common, status: 'in_progress', arguments: '' });
    assert.equal(added['previous_item_id'], 'mine');
    const done = events.find(({ type }) => type === DONE);
    const position = {
      item_id: id,
      output_index: 0,
      call_id: 'call_order_status',
      response_id: responseOf(events)['id'],
    };
    for (const event of [...deltas, done]) {
      const { item_id, output_index, call_id, response_id } = event ?? {};
      assert.deepEqual({ item_id, output_index, call_id, response_id }, position);
    }
    assert.deepEqual([done?.['name'], done?.['arguments']], ['order_status', ARGUMENTS]);
    assert.ok(deltas.length > 2, 'the arguments arrive in several deltas');
    assert.equal(joined(events, DELTA), ARGUMENTS);
    const response = responseOf(events);
    assert.equal(response['status'], 'completed');
    assert.deepEqual(response['output'], [{ ...common, id, status: 'completed', arguments: ARGUMENTS }]);
  });

  it('begins a call while the message before it streams, and ends both in order', async (t) => {
    const simulator = await simulate([{ outputs: [PREAMBLE, call('order_status')], ending: COMPLETED }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi');
    const spoken = ['response.output_audio_transcript.delta 0', 'response.output_audio.delta 0'];
    const lines = positions(events).filter(
      (line, at, all) => !spoken.includes(line) || !spoken.includes(all[at - 1] ?? ''),
    );
    assert.deepEqual(lines.slice(2), [
      'response.output_item.added 0',
      'conversation.item.added',
      'response.content_part.added 0',
      spoken[0],
      'response.output_item.added 1',
      'conversation.item.added',
      `${DELTA} 1`,
      spoken[0],
      'response.output_audio.done 0',
      'response.output_audio_transcript.done 0',
      'response.content_part.done 0',
      'conversation.item.done',
      'response.output_item.done 0',
      ...END_OF(1),
      'response.done',
    ]);
    const output = responseOf(events)['output'] as Json[];
    assert.deepEqual(
      output.map(({ type, status }) => [type, status]),
      [
        ['message', 'completed'],
        ['function_call', 'completed'],
      ],
    );
  });

  it('sends several calls, each with its position, and lists all in response.done', async (t) => {
    const simulator = await simulate([{ outputs: [call('a'), call('b')], ending: COMPLETED }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi');
    assert.deepEqual(positions(events).slice(2), [
      'response.output_item.added 0',
      'conversation.item.added',
      `${DELTA} 0`,
      'response.output_item.added 1',
      'conversation.item.added',
      `${DELTA} 1`,
      ...END_OF(0),
      ...END_OF(1),
      'response.done',
    ]);
    const output = responseOf(events)['output'] as Json[];
    assert.deepEqual(
      output.map(({ call_id }) => call_id),
      ['call_a', 'call_b'],
    );
  });

  it('sets the phase commentary if calls follow, else final_answer', async (t) => {
    const simulator = await simulate([
      { outputs: [PREAMBLE, call('a')], ending: COMPLETED },
      { outputs: [PREAMBLE, PREAMBLE, call('a', '{}', 'call_2'), PREAMBLE], ending: COMPLETED },
      'That was it.',
    ]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const phases = async () => (responseOf(await client.ask('hi'))['output'] as Json[]).map(({ phase }) => phase);
    assert.deepEqual(await phases(), ['commentary', undefined]);
    assert.deepEqual(await phases(), ['commentary', 'commentary', undefined, 'final_answer']);
    assert.deepEqual(await phases(), ['final_answer']);
  });

  it('shows the phase from the first event on', async (t) => {
    const simulator = await simulate([{ outputs: [PREAMBLE, call('a')], ending: COMPLETED }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const added = (await client.ask('hi')).find(({ type }) => type === 'response.output_item.added');
    assert.ok(added);
    assert.equal((added['item'] as Json)['phase'], 'commentary');
  });

  it('generates a call id if the script has none', async (t) => {
    const output: ScriptedItem = { call: { name: 'a', arguments: '' } };
    const simulator = await simulate([{ outputs: [output, output], ending: COMPLETED }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi');
    const ids = (responseOf(events)['output'] as Json[]).map(({ call_id }) => String(call_id));
    assert.equal(new Set(ids).size, 2);
    for (const id of ids) assert.match(id, /^call_\w{1,27}$/);
    assert.ok(!shape(events).includes(DELTA), 'empty arguments have no delta');
  });

  it('sends arguments unchanged, even broken JSON, with whole characters in each delta', async (t) => {
    const text = `{"name": "${'😀'.repeat(50)}"`;
    const simulator = await simulate([{ outputs: [call('a', text)], ending: COMPLETED }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi');
    const deltas = events.flatMap(({ type, delta }) => (type === DELTA ? String(delta) : []));
    assert.equal(deltas.join(''), text);
    assert.ok(deltas.length <= 8 && deltas.every((delta) => delta.isWellFormed()));
  });

  it('may have calls next to a text message', async (t) => {
    const simulator = await simulate([{ outputs: [{ text: 'One moment.' }, call('a')], ending: COMPLETED }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi', { output_modalities: ['text'] });
    assert.equal(joined(events, 'response.output_text.delta'), 'One moment.');
    assert.equal(joined(events, DELTA), ARGUMENTS);
  });
});

describe('a call that is not completed', () => {
  const outputOf = (events: readonly Json[]) =>
    (responseOf(events)['output'] as Json[]).map(({ type, status, arguments: text }) => [type, status, text]);

  it('ends incomplete if it is cancelled, with the arguments sent so far', async (t) => {
    const simulator = await simulate([{ outputs: [call('a')], ending: { kind: 'hang', afterDeltas: 1 } }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await client.until(DELTA);
    client.send({ type: 'response.cancel' });
    const events = await client.through('response.done');
    assert.deepEqual(positions(events), [...END_OF(0), 'response.done']);
    assert.equal(events[0]?.['arguments'], '{"ord');
    const response = responseOf(events);
    assert.deepEqual(response['status_details'], { type: 'cancelled', reason: 'client_cancelled' });
    assert.deepEqual(outputOf(events), [['function_call', 'incomplete', '{"ord']]);
  });

  it('is cancelled together with the message that still streams', async (t) => {
    const simulator = await simulate([{ outputs: [PREAMBLE, call('a')], ending: { kind: 'hang', afterDeltas: 4 } }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await client.until(DELTA);
    client.send({ type: 'response.cancel' });
    const events = await client.through('response.done');
    assert.deepEqual(outputOf(events), [
      ['message', 'incomplete', undefined],
      ['function_call', 'incomplete', '{"ord'],
    ]);
  });

  it('is the last of an incomplete or failed response; the items before it are completed', async (t) => {
    const outputs = [PREAMBLE, call('a'), call('b', '{"ci')];
    const error = { type: 'server_error', code: 'server_error', message: 'Oops' };
    const simulator = await simulate([
      { outputs, ending: { kind: 'incomplete', reason: 'max_output_tokens' } },
      { outputs, ending: { kind: 'failed', error } },
    ]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    for (const status of ['incomplete', 'failed']) {
      const events = await client.ask('hi');
      assert.equal(responseOf(events)['status'], status);
      assert.deepEqual(outputOf(events), [
        ['message', 'completed', undefined],
        ['function_call', 'completed', ARGUMENTS],
        ['function_call', 'incomplete', '{"ci'],
      ]);
    }
  });

  it('is cut by max_output_tokens, which counts arguments', async (t) => {
    const simulator = await simulate([{ outputs: [call('a'), call('b')], ending: COMPLETED }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi', { max_output_tokens: 8 });
    const response = responseOf(events);
    assert.deepEqual(response['status_details'], { type: 'incomplete', reason: 'max_output_tokens' });
    assert.deepEqual(outputOf(events), [
      ['function_call', 'completed', ARGUMENTS],
      ['function_call', 'incomplete', ARGUMENTS.slice(0, 8)],
    ]);
  });

  it('is not begun if the message before it has used all tokens', async (t) => {
    const output: ScriptedItem = { text: 'aaaa', pcm: SECOND };
    const simulator = await simulate([{ outputs: [output, call('a')], ending: COMPLETED }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi', { max_output_tokens: 21 });
    assert.equal(responseOf(events)['status'], 'incomplete');
    assert.deepEqual(outputOf(events), [['message', 'completed', undefined]]);
  });

  it('ends with the connection', async (t) => {
    const simulator = await simulate([{ outputs: [call('a')], ending: { kind: 'disconnect', afterDeltas: 2 } }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const closed = client.closed();
    begin(client);
    assert.equal((await closed).code, 1006);
    assert.deepEqual(client.types().slice(-2), [DELTA, DELTA]);
  });
});
