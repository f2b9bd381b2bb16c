import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ScriptedItem } from '../../../dev/simulator/responder.ts';
import { type Script, scripted } from '../../../dev/simulator/script.ts';
import { type Client, completed, type Json, responseOf, simulate } from './client.ts';

const COMPLETED = { kind: 'completed' } as const;
const PNG = 'data:image/png;base64,iVBORw0KGgo=';

function create(client: Client, item: Json): void {
  client.send({ type: 'conversation.item.create', event_id: 'evt_1', item });
}

const callItem = (callId: string, more: Json = {}) => ({
  ...{ type: 'function_call', call_id: callId, name: 'order_status', arguments: '{"orderNumber":"4711"}' },
  ...more,
});
const outputItem = (callId: string, output = 'shipped', more: Json = {}) => ({
  ...{ type: 'function_call_output', call_id: callId, output },
  ...more,
});
const calls = (...callIds: readonly string[]): { outputs: ScriptedItem[]; ending: typeof COMPLETED } => ({
  outputs: callIds.map((callId) => ({ call: { name: `tool_${callId}`, arguments: '{}', callId } })),
  ending: COMPLETED,
});

describe('conversation.item.create with a call', () => {
  it('is answered with added and done; its output too', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    create(client, callItem('call_1', { id: 'fc_1' }));
    create(client, outputItem('call_1', '', { id: 'fo_1' }));
    const events = [await client.next(), await client.next(), await client.next(), await client.next()];
    const common = { object: 'realtime.item', status: 'completed' };
    const call = { ...common, ...callItem('call_1', { id: 'fc_1' }) };
    const output = { ...common, ...outputItem('call_1', '', { id: 'fo_1' }) };
    assert.deepEqual(
      events.map(({ event_id: _, ...event }) => event),
      [
        { type: 'conversation.item.added', previous_item_id: null, item: call },
        { type: 'conversation.item.done', previous_item_id: null, item: call },
        { type: 'conversation.item.added', previous_item_id: 'fc_1', item: output },
        { type: 'conversation.item.done', previous_item_id: 'fc_1', item: output },
      ],
    );
    await client.nothingElse();
  });

  it('accepts a call id of 32 characters, and generates one if it is missing', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    create(client, callItem('x'.repeat(32)));
    await client.until('conversation.item.done');
    create(client, { ...callItem(''), call_id: undefined });
    const { item } = (await client.until('conversation.item.done')) as { item: Json };
    assert.match(String(item['call_id']), /^call_\w+$/);
  });

  const refused: readonly [string, Json, string, string][] = [
    ['an id of 33 characters', callItem('x'.repeat(33)), 'string_above_max_length', 'item.call_id'],
    ['an empty id', callItem(''), 'invalid_value', 'item.call_id'],
    ['no name', callItem('c', { name: undefined }), 'missing_required_parameter', 'item.name'],
    ['a name with a dot', callItem('c', { name: 'files.read' }), 'invalid_value', 'item.name'],
    ['no arguments', callItem('c', { arguments: undefined }), 'missing_required_parameter', 'item.arguments'],
    ['arguments that are no text', callItem('c', { arguments: {} }), 'invalid_type', 'item.arguments'],
    ['a role', callItem('c', { role: 'assistant' }), 'unknown_parameter', 'item.role'],
    [
      'an output without a call',
      outputItem('', 'x', { call_id: undefined }),
      'missing_required_parameter',
      'item.call_id',
    ],
    ['an output for an id of 33 characters', outputItem('x'.repeat(33)), 'string_above_max_length', 'item.call_id'],
    ['no output', outputItem('c', 'x', { output: undefined }), 'missing_required_parameter', 'item.output'],
    ['an output that is no text', outputItem('c', 'x', { output: {} }), 'invalid_type', 'item.output'],
    ['an output with a name', outputItem('c', 'x', { name: 'f' }), 'unknown_parameter', 'item.name'],
  ];
  for (const [what, item, code, param] of refused) {
    it(`rejects ${what}, and adds nothing`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      create(client, item);
      const error = await client.error();
      assert.deepEqual([error['code'], error['param'], error['event_id']], [code, param, 'evt_1']);
      client.say('first');
      assert.equal((await client.next())['previous_item_id'], null);
    });
  }

  it('rejects an output for an unknown call, without the event id of the client', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    create(client, outputItem('call_lost'));
    assert.deepEqual(await client.error(), {
      type: 'invalid_request_error',
      code: 'invalid_tool_call_id',
      message: "Tool call ID 'call_lost' not found in conversation.",
      param: null,
      event_id: null,
    });
    client.say('first');
    assert.equal((await client.next())['previous_item_id'], null);
  });

  it('rejects an output for a deleted call', async (t) => {
    const simulator = await simulate([calls('call_1')]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const [call] = responseOf(await client.ask('hi'))['output'] as Json[];
    create(client, outputItem('call_1', 'x', { id: 'out' }));
    await client.until('conversation.item.done');
    for (const item_id of ['out', call?.['id']]) {
      client.send({ type: 'conversation.item.delete', item_id });
      assert.equal((await client.until('conversation.item.deleted'))['item_id'], item_id);
    }
    create(client, outputItem('call_1'));
    assert.equal((await client.error())['code'], 'invalid_tool_call_id');
  });

  it('accepts an output during the response, and echoes it after the end', async (t) => {
    const gate = Promise.withResolvers<void>();
    const simulator = await simulate([calls('call_1'), completed('Done.', { gate: gate.promise })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    await client.ask('hi');
    client.send({ type: 'response.create' });
    await client.until('rate_limits.updated');
    create(client, outputItem('call_1', 'x', { id: 'early' }));
    await client.nothingElse();
    gate.resolve();
    const { item } = (await client.through('response.done')).findLast(({ item }) => item !== undefined) as {
      item: Json;
    };
    assert.notEqual(item['id'], 'early');
    assert.equal(((await client.next())['item'] as Json)['id'], 'early');
    assert.equal((await client.next())['type'], 'conversation.item.done');
  });

  it('counts in the usage of responses, as tools do', async (t) => {
    const simulator = await simulate([calls('call_1'), 'Done.', 'Done.']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const usageOf = (events: readonly Json[]) => responseOf(events)['usage'] as Record<string, number>;
    const first = usageOf(await client.ask('hi'));
    // The name and the arguments: 14 characters.
    assert.equal(first['output_tokens'], 4);
    create(client, outputItem('call_1', 'x'.repeat(400)));
    client.send({ type: 'response.create' });
    const second = usageOf(await client.through('response.done'));
    assert.equal(second['input_tokens'], (first['input_tokens'] ?? 0) + 4 + 100);
    const tools = [{ type: 'function', name: 'f', description: 'x'.repeat(400) }];
    client.send({ type: 'response.create', response: { tools } });
    const third = usageOf(await client.through('response.done'));
    assert.ok((third['input_tokens'] ?? 0) > (second['input_tokens'] ?? 0) + 100);
  });
});

describe('the tool results of a responder context', () => {
  async function started(t: TestContext, turns: Parameters<typeof scripted>[0]) {
    const script: Script = scripted(turns);
    const simulator = await simulate(script.responder);
    t.after(() => simulator[Symbol.asyncDispose]());
    return { script, client: await simulator.connect() };
  }

  async function respond(client: Client): Promise<void> {
    client.send({ type: 'response.create' });
    await client.until('response.done');
  }

  it('are the outputs before a response, with the message that led to them', async (t) => {
    const { script, client } = await started(t, [calls('call_a', 'call_b'), 'Done.', 'Hello.']);
    await client.ask('two things');
    create(client, outputItem('call_a', 'A'));
    create(client, outputItem('call_b', 'B'));
    await respond(client);
    assert.deepEqual(script.contexts[0]?.toolResults, []);
    assert.deepEqual(script.contexts[1]?.toolResults, [
      { callId: 'call_a', name: 'tool_call_a', output: 'A' },
      { callId: 'call_b', name: 'tool_call_b', output: 'B' },
    ]);
    assert.deepEqual([script.contexts[1]?.text, script.contexts[1]?.history], ['two things', []]);
  });

  it('are empty after a newer message; the calls are then in the history', async (t) => {
    const { script, client } = await started(t, [calls('call_a'), 'Hello.']);
    await client.ask('do it');
    create(client, outputItem('call_a', 'waiting'));
    await client.until('conversation.item.done');
    await client.ask('hello');
    assert.deepEqual([script.contexts[1]?.toolResults, script.contexts[1]?.text], [[], 'hello']);
    assert.deepEqual(script.contexts[1]?.history, [
      { role: 'user', text: 'do it' },
      { role: 'call', text: 'tool_call_a {}' },
      { role: 'output', text: 'waiting' },
    ]);
  });

  it('include those of a replayed call, after other messages or in a new session', async (t) => {
    const { script, client } = await started(t, ['Hello.', 'Done.', 'Done.']);
    await client.ask('hello');
    create(client, callItem('call_1'));
    create(client, outputItem('call_1'));
    await respond(client);
    assert.deepEqual(script.contexts[1]?.toolResults, [{ callId: 'call_1', name: 'order_status', output: 'shipped' }]);
    const other = await started(t, ['Done.']);
    const lines = [{ role: 'user', text: 'Where is it?' }];
    other.client.say(`So far:\n${JSON.stringify(lines)}`);
    create(other.client, callItem('call_1'));
    create(other.client, outputItem('call_1'));
    await respond(other.client);
    const [context] = other.script.contexts;
    assert.deepEqual([context?.toolResults.length, context?.text, context?.history], [1, '', lines]);
  });

  it('come with the pictures of the tools', async (t) => {
    const { script, client } = await started(t, [calls('call_a'), 'Done.']);
    await client.ask('show me');
    create(client, outputItem('call_a', 'see the picture'));
    client.say('', { content: [{ type: 'input_image', image_url: PNG }] });
    await respond(client);
    const [, context] = script.contexts;
    assert.deepEqual([context?.toolResults.length, context?.inputs.map(({ kind }) => kind)], [1, ['picture']]);
  });

  it('come without the pictures and clips of the message before them', async (t) => {
    const { script, client } = await started(t, [calls('call_a'), 'Done.']);
    client.say('', {
      content: [
        { type: 'input_text', text: 'look' },
        { type: 'input_image', image_url: PNG },
      ],
    });
    await respond(client);
    create(client, outputItem('call_a'));
    await respond(client);
    assert.deepEqual(
      script.contexts.map(({ inputs }) => inputs.length),
      [1, 0],
    );
  });
});
