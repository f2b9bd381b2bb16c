import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { simulatedResponder } from '../../../dev/simulator/rules.ts';
import { type Client, type Json, joined, responseOf, simulate } from './client.ts';

const WORDS = 'response.output_audio_transcript.delta';

const object = (properties: Json, required: readonly string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});
const TEXT = { type: 'string' };
const NUMBERS = { type: 'array', items: { type: 'integer' } };
const tool = (name: string, parameters: Json = object({})) => ({ type: 'function', name, parameters });

const ORDER = tool('order_status', object({ orderNumber: TEXT }));
const TIME = tool('current_time', object({ timeZone: TEXT }, []));
const SEARCH = tool('search_documents', object({ query: TEXT }));
const OWN = [ORDER, TIME, SEARCH];
const WRITE = tool('files__write_file', object({ path: TEXT, content: TEXT }));
const DELETE = tool('files__delete_file', object({ path: TEXT }));
const FILES = [tool('files__read_file', object({ path: TEXT })), WRITE, tool('files__create_directory'), DELETE];

async function connect(t: TestContext, tools: readonly Json[] = [...OWN, ...FILES]): Promise<Client> {
  const simulator = await simulate(simulatedResponder);
  t.after(() => simulator[Symbol.asyncDispose]());
  const client = await simulator.connect();
  client.update({ tools });
  await client.until('session.updated');
  return client;
}

/** The calls of the response to a message, each as its name and its arguments. */
async function callsOf(client: Client, text: string, response: Json = {}): Promise<[string, unknown][]> {
  const output = responseOf(await client.ask(text, response))['output'] as Json[];
  const calls = output.filter(({ type }) => type === 'function_call');
  return calls.map(({ name, arguments: args }) => [String(name), JSON.parse(String(args))]);
}

/** Calls a tool, gives it this output, and returns what the answer says. */
async function answerTo(client: Client, question: string, ...outputs: readonly string[]): Promise<string> {
  const output = responseOf(await client.ask(question))['output'] as Json[];
  const ids = output.flatMap(({ type, call_id }) => (type === 'function_call' ? String(call_id) : []));
  assert.equal(ids.length, outputs.length);
  for (const [at, call_id] of ids.entries()) {
    const item = { type: 'function_call_output', call_id, output: outputs[at] };
    client.send({ type: 'conversation.item.create', item });
  }
  client.send({ type: 'response.create' });
  return joined(await client.through('response.done'), WORDS);
}

describe('a message that asks for a call', () => {
  const order = (orderNumber: string) => ['order_status', { orderNumber }];
  const time = ['current_time', {}];
  const search = (query: string) => ['search_documents', { query }];
  const asked: readonly [string, readonly unknown[]][] = [
    ['order 4711', [order('4711')]],
    ['What is the status of order 4711?', [order('4711')]],
    ['Where is Order #4712', [order('4712')]],
    ['Wo ist Bestellung Nr. 4713?', [order('4713')]],
    ['order 4711 and order number 4712, please', [order('4711'), order('4712')]],
    ['order 4711 or order 4711', [order('4711')]],
    ['What time is it?', [time]],
    ['Wie spät ist es?', [time]],
    ["What's today's date?", [time]],
    ['tell me what is the current time', [time]],
    ['order 4711 and what time is it?', [order('4711'), time]],
    ['What time is it? And order 4711?', [time, order('4711')]],
    ['search the handbook for parental leave', [search('parental leave')]],
    ['Please search our docs for "VPN access".', [search('"VPN access"')]],
    ['What does the handbook say about remote work?', [search('remote work')]],
    ['What do the documents say about holidays, and what time is it?', [search('holidays'), time]],
    ['search the documents for order 4711', [search('order 4711')]],
    ['delete notes.txt', [['files__delete_file', { path: 'notes.txt' }]]],
    ['Can you delete the file "old notes.txt"?', [['files__delete_file', { path: 'old notes.txt' }]]],
    [
      'delete a.txt and delete b.txt',
      [
        ['files__delete_file', { path: 'a.txt' }],
        ['files__delete_file', { path: 'b.txt' }],
      ],
    ],
    ['write a file notes.txt with hello world', [['files__write_file', { path: 'notes.txt', content: 'hello world' }]]],
    [
      'Write a file called notes.txt containing the text "hello".',
      [['files__write_file', { path: 'notes.txt', content: 'hello' }]],
    ],
    ['create a file', [['files__write_file', { path: '', content: '' }]]],
    ['create a new folder', [['files__create_directory', {}]]],
    ['call files__read_file {"path": 7}', [['files__read_file', { path: 7 }]]],
    ['call current_time', [time]],
  ];
  for (const [text, expected] of asked) {
    it(text, async (t) => {
      assert.deepEqual(await callsOf(await connect(t), text), expected);
    });
  }

  for (const text of [
    'in order to win',
    'what time does it open',
    'I did not delete it',
    'call mom',
    'say order 4711',
  ]) {
    it(`does not: ${text}`, async (t) => {
      assert.deepEqual(await callsOf(await connect(t), text), []);
    });
  }

  it('calls only tools that are declared and allowed by the tool choice', async (t) => {
    const client = await connect(t, [TIME]);
    const echo = joined(await client.ask('order 4711'), WORDS);
    assert.equal(echo, 'You said: order 4711');
    assert.deepEqual(await callsOf(client, 'order 4711 and what time is it'), [['current_time', {}]]);
    assert.deepEqual(await callsOf(client, 'what time is it', { tool_choice: 'none' }), []);
  });

  it('speaks first, with other words if the call changes something', async (t) => {
    const client = await connect(t);
    assert.equal(joined(await client.ask('order 4711'), WORDS), 'Let me look that up.');
    assert.equal(joined(await client.ask('delete notes.txt'), WORDS), 'Let me see to that.');
  });

  it('sends the arguments of "call" unchanged', async (t) => {
    const client = await connect(t);
    const events = await client.ask('call order_status { "orderNumber":  broken');
    assert.equal(joined(events, 'response.function_call_arguments.delta'), '{ "orderNumber":  broken');
  });

  it('lists in its help what users can type with the declared tools', async (t) => {
    const help = joined(await (await connect(t, [ORDER, DELETE])).ask('help'), WORDS);
    for (const example of ['order 4711', 'delete notes.txt', 'call NAME']) assert.ok(help.includes(example), example);
    assert.ok(!help.includes('what time is it') && !help.includes('search the handbook'));
  });
});

describe('plausible arguments', () => {
  const schemas: readonly [string, Json, string, Json][] = [
    [
      'a title, and a description from the rest',
      object({ title: TEXT, description: TEXT }),
      'create a ticket for the broken door with the words it squeaks',
      { title: 'broken door', description: 'it squeaks' },
    ],
    [
      'a value of each type',
      object({
        title: TEXT,
        other: TEXT,
        count: { type: 'integer' },
        urgent: { type: 'boolean' },
        more: { type: 'object' },
      }),
      'create a ticket for 3 doors',
      { title: '3 doors', other: '', count: 3, urgent: false, more: {} },
    ],
    [
      'lists, choices and types that may be null',
      object({
        names: { type: 'array', items: TEXT },
        kind: { enum: ['bug', 'door'] },
        note: { type: ['null', 'string'] },
      }),
      'create a ticket for the door',
      { names: ['door'], kind: 'door', note: '' },
    ],
    ['the subject after numbers', object({ ids: NUMBERS, a: TEXT }), 'create a ticket for me', { ids: [], a: 'me' }],
    ['only what is required', object({ title: TEXT, note: TEXT }, ['note']), 'create a ticket for me', { note: 'me' }],
    ['the first one where nothing is required', object({ a: TEXT, b: TEXT }, []), 'create a ticket: x', { a: '' }],
    ['nothing where there is nothing to fill', { type: 'object' }, 'create a ticket for me', {}],
  ];
  for (const [what, parameters, text, expected] of schemas) {
    it(`are ${what}`, async (t) => {
      const client = await connect(t, [tool('tickets__create_ticket', parameters)]);
      assert.deepEqual(await callsOf(client, text), [['tickets__create_ticket', expected]]);
    });
  }
});

describe('the answer to tool results', () => {
  const found = [
    '[1] handbook.pdf, Leave, page 3',
    'Parental leave is **14 months** long [2]. See [the form](https://x.test/form.pdf) in leave/form.docx! And more.',
    '',
    '[2] other.md',
    'Nothing else.',
  ].join('\n');
  const spoken: readonly [string, string, string][] = [
    [
      'the fields of an object',
      '{"status":"shipped","arrivesAt":"tomorrow before noon"}',
      'Status shipped. Arrives at tomorrow before noon.',
    ],
    [
      'nested fields and lists',
      '{"order":{"items":["a","b"],"isPaid":true,"note":null}}',
      'Order items a, b. Order is paid yes.',
    ],
    [
      'lists of objects',
      '[{"ref_id":"0","content":"Yes."},{"ref_id":"1","content":"No."}]',
      'Content Yes. Content No.',
    ],
    ['a failure', '{"error":"There is no order 4714"}', 'That did not work: There is no order 4714.'],
    [
      'a failure, without the advice for the model',
      '{"error":"It may be done. Do not call it again; tell the user to check."}',
      'That did not work: It may be done.',
    ],
    ['a call that waits', `{"status":"waiting for the user's approval, not done"}`, 'That waits for your approval.'],
    ['a call that was denied', '{"status":"denied by the user, not done"}', 'I did not do that, as you wished.'],
    ['a call that was made before', '{"status":"done already; do not call it again"}', 'That was done before.'],
    ['a text', 'It is raining. It is cold. It is dark.', 'It is raining. It is cold.'],
    ['paragraphs as sentences', '# Leave\n\nIt is\nlong.\n\nAnd paid.', 'Leave. It is long.'],
    ['an empty output', '', 'That is done.'],
    [
      'what documents say, without numbers, names and links',
      found,
      'Parental leave is **14 months** long. See the form in the file!',
    ],
    ['a text without a line that frames it', 'Data, not instructions:\n<result>\nIt is 5.\n</result>', 'It is 5.'],
    ['a path as a file', 'Successfully wrote to /tmp/docs/notes.txt', 'Successfully wrote to the file.'],
    ['a text that only a marker begins', '[1] Fourteen days.', 'Fourteen days.'],
    ['a notice alone', '[an image that is too large was left out]', 'an image that is too large was left out.'],
    ['a long text, shortened', 'x'.repeat(10_000), `${'x'.repeat(400)}…`],
    ['nesting without an end', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, 'That is done.'],
  ];
  for (const [what, output, expected] of spoken) {
    it(`speaks ${what}`, async (t) => {
      assert.equal(await answerTo(await connect(t), 'order 4711', output), expected);
    });
  }

  it('speaks all results in one answer', async (t) => {
    const client = await connect(t);
    const answer = await answerTo(
      client,
      'order 4711 and what time is it',
      '{"status":"shipped"}',
      '{"error":"No clock"}',
    );
    assert.equal(answer, 'Status shipped. That did not work: No clock.');
  });

  it('describes the pictures that tools returned', async (t) => {
    const client = await connect(t);
    const output = responseOf(await client.ask('what time is it'))['output'] as Json[];
    const { call_id } = output.at(-1) as Json;
    const item = { type: 'function_call_output', call_id, output: '{"hour":5}' };
    client.send({ type: 'conversation.item.create', item });
    const image_url = 'data:image/png;base64,iVBORw0KGgo=';
    client.say('', { content: [{ type: 'input_image', image_url }] });
    client.send({ type: 'response.create' });
    const answer = joined(await client.through('response.done'), WORDS);
    assert.equal(answer, 'Hour 5.\nI see a picture, but I cannot tell its size (PNG).');
  });

  it('answers the next message afterwards', async (t) => {
    const client = await connect(t);
    await answerTo(client, 'order 4711', '{"status":"shipped"}');
    assert.equal(joined(await client.ask('repeat'), WORDS), 'Status shipped.');
    assert.equal(joined(await client.ask('what did I say?'), WORDS), 'You said: “repeat”');
  });

  // It takes a second; with quadratic time, more than the limit.
  it('takes linear time for hostile texts', { timeout: 60_000 }, async (t) => {
    const client = await connect(t);
    client.update({ output_modalities: ['text'] });
    await client.until('session.updated');
    const texts = ['delete '.repeat(30_000), ' \n'.repeat(100_000), 'a.'.repeat(100_000), 'create a '.repeat(20_000)];
    for (const text of texts) {
      await client.ask(`please ${text}.`, { max_output_tokens: 1 });
      await answerTo(client, 'order 4711', text);
    }
  });
});
