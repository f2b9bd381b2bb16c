import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scripted } from '../../../dev/simulator/script.ts';
import { type Json, simulate } from './client.ts';

const PARAMETERS = { type: 'object', properties: { orderNumber: { type: 'string' } }, required: ['orderNumber'] };
const ORDER = { type: 'function', name: 'order_status', description: 'Gives the status.', parameters: PARAMETERS };
const TIME = { type: 'function', name: 'current_time' };

const named = (name: string, more: Json = {}) => ({ type: 'function', name, ...more });

describe('tools of a session', () => {
  it('are empty at first, with the tool choice auto', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const { session } = JSON.parse(client.frames[0] ?? '') as { session: Json };
    assert.deepEqual([session['tools'], session['tool_choice']], [[], 'auto']);
  });

  it('are echoed as declared, kept by other updates, and removed by an empty list', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const updated = async (update: Json) => {
      client.update(update);
      const { session } = (await client.until('session.updated')) as { session: Json };
      return [session['tools'], session['tool_choice']];
    };
    const only = { type: 'function', name: 'current_time' };
    assert.deepEqual(await updated({ tools: [ORDER, TIME], tool_choice: only }), [[ORDER, TIME], only]);
    assert.deepEqual(await updated({ instructions: 'Be brief.' }), [[ORDER, TIME], only]);
    assert.deepEqual(await updated({ tool_choice: 'required' }), [[ORDER, TIME], 'required']);
    assert.deepEqual(await updated({ tools: [] }), [[], 'required']);
  });

  it('may be 128, with names of 64 characters', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const tools = Array.from({ length: 128 }, (_, index) => named(`Tool-${index}_`.padEnd(64, 'x')));
    client.update({ tools });
    assert.deepEqual(((await client.until('session.updated'))['session'] as Json)['tools'], tools);
  });
});

const schema = (more: Json) => ({ tools: [named('f', { parameters: { type: 'object', properties: {}, ...more } })] });

type Refusal = readonly [string, Json, string, string];

const REFUSED: readonly Refusal[] = [
  ['tools that are no list', { tools: {} }, 'invalid_type', 'tools'],
  ['129 tools', { tools: Array(129).fill(TIME) }, 'array_above_max_length', 'tools'],
  ['a tool that is no object', { tools: [TIME, null] }, 'invalid_type', 'tools[1]'],
  ['a tool without a type', { tools: [{ name: 'f' }] }, 'missing_required_parameter', 'tools[0].type'],
  ['a tool of another type', { tools: [{ type: 'web_search' }] }, 'invalid_value', 'tools[0].type'],
  ['a tool without a name', { tools: [TIME, { type: 'function' }] }, 'missing_required_parameter', 'tools[1].name'],
  [
    'the form of the chat API',
    { tools: [{ type: 'function', function: { name: 'f' } }] },
    'missing_required_parameter',
    'tools[0].name',
  ],
  ['an unknown field of a tool', { tools: [named('f', { meta: {} })] }, 'unknown_parameter', 'tools[0].meta'],
  ['strict', { tools: [named('f', { strict: true })] }, 'unknown_parameter', 'tools[0].strict'],
  ['an empty name', { tools: [named('')] }, 'empty_string', 'tools[0].name'],
  ['a name of 65 characters', { tools: [named('x'.repeat(65))] }, 'string_above_max_length', 'tools[0].name'],
  ['a name with a dot', { tools: [named('files.read')] }, 'invalid_value', 'tools[0].name'],
  ['a name with a line break', { tools: [named('files\n')] }, 'invalid_value', 'tools[0].name'],
  [
    'a description that is no text',
    { tools: [named('f', { description: 1 })] },
    'invalid_type',
    'tools[0].description',
  ],
  ['a schema that is a list', { tools: [named('f', { parameters: [] })] }, 'invalid_type', 'tools[0].parameters'],
  ['a schema without a type', schema({ type: undefined }), 'invalid_function_parameters', 'tools[0].parameters'],
  ['a schema of a text', schema({ type: 'string' }), 'invalid_function_parameters', 'tools[0].parameters'],
  ...['oneOf', 'anyOf', 'allOf', 'enum', 'not'].map((keyword): Refusal => {
    return [`${keyword} at the top`, schema({ [keyword]: [] }), 'invalid_function_parameters', 'tools[0].parameters'];
  }),
  ['an unknown choice', { tool_choice: 'any' }, 'invalid_value', 'tool_choice'],
  ['a choice that is a number', { tool_choice: 1 }, 'invalid_type', 'tool_choice'],
  ['a choice without a name', { tool_choice: { type: 'function' } }, 'missing_required_parameter', 'tool_choice.name'],
  [
    'the choice of the chat API',
    { tool_choice: { type: 'function', function: { name: 'f' } } },
    'missing_required_parameter',
    'tool_choice.name',
  ],
  ['a choice without a type', { tool_choice: { name: 'f' } }, 'missing_required_parameter', 'tool_choice.type'],
  ['an unknown field of the choice', { tool_choice: named('f', { x: 1 }) }, 'unknown_parameter', 'tool_choice.x'],
];

for (const [event, base] of [
  ['session.update', 'session'],
  ['response.create', 'response'],
] as const) {
  describe(`${event} with tools`, () => {
    for (const [what, fields, code, param] of REFUSED) {
      it(`rejects ${what}, and changes nothing`, async (t) => {
        const simulator = await simulate([]);
        t.after(() => simulator[Symbol.asyncDispose]());
        const client = await simulator.connect();
        client.update({ tools: [ORDER], tool_choice: 'required' });
        const before = await client.until('session.updated');
        const type = base === 'session' ? { type: 'realtime', instructions: 'changed' } : {};
        client.send({ type: event, event_id: 'evt_1', [base]: { ...type, ...fields } });
        const error = await client.error();
        assert.deepEqual([error['code'], error['param'], error['event_id']], [code, `${base}.${param}`, 'evt_1']);
        client.update({});
        assert.deepEqual((await client.next())['session'], before['session']);
      });
    }
  });
}

describe('the message of a rejection', () => {
  const refusals: readonly [Json, string][] = [
    [{ tools: [named('f', { meta: {} })] }, "Unknown parameter: 'session.tools[0].meta'."],
    [{ tool_choice: { function: { name: 'f' } } }, "Missing required parameter: 'session.tool_choice.name'."],
    [
      schema({ anyOf: [] }),
      "Invalid schema for function 'f': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
    ],
    [
      schema({ type: undefined }),
      `Invalid schema for function 'f': schema must be a JSON Schema of 'type: "object"', got 'type: "None"'.`,
    ],
  ];
  for (const [session, message] of refusals) {
    it(`is that of the service: ${message}`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      client.update(session);
      assert.equal((await client.error())['message'], message);
    });
  }
});

describe('the tools that may be called in a response', () => {
  const choices: readonly [string, Json, Json, readonly string[]][] = [
    ['are those of the session', {}, {}, ['order_status', 'current_time']],
    ['are all of them where one has to be called', { tool_choice: 'required' }, {}, ['order_status', 'current_time']],
    ['are none with the choice none', { tool_choice: 'none' }, {}, []],
    ['are none with the choice none of the response', {}, { tool_choice: 'none' }, []],
    ['are the one that is chosen', {}, { tool_choice: named('current_time') }, ['current_time']],
    ['are those of the response', {}, { tools: [named('other')] }, ['other']],
    ['are none with an empty list of the response', {}, { tools: [] }, []],
  ];
  for (const [what, session, response, expected] of choices) {
    it(what, async (t) => {
      const script = scripted(['ok', 'ok']);
      const simulator = await simulate(script.responder);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      client.update({ tools: [ORDER, TIME], ...session });
      await client.ask('hi', response);
      assert.deepEqual(
        script.contexts[0]?.tools.map(({ name }) => name),
        expected,
      );
      await client.ask('hi', { tool_choice: 'auto' });
      assert.equal(script.contexts[1]?.tools.length, 2, 'a choice of one response does not last');
    });
  }

  it('have the declared schemas', async (t) => {
    const script = scripted(['ok']);
    const simulator = await simulate(script.responder);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.update({ tools: [ORDER] });
    await client.ask('hi');
    const { type: _, ...definition } = ORDER;
    assert.deepEqual(script.contexts[0]?.tools, [definition]);
  });
});
