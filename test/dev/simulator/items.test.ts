import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, type Json, simulate } from './client.ts';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';

function create(client: Client, item: Json, more: Json = {}): void {
  client.send({ type: 'conversation.item.create', event_id: 'evt_1', item, ...more });
}

function message(content: unknown, more: Json = {}): Json {
  return { type: 'message', role: 'user', content, ...more };
}

describe('conversation.item.create', () => {
  it('is answered with added and done, which have the previous item', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('one', { id: 'one' });
    const events = [await client.next(), await client.next()];
    const item = {
      ...{ id: 'one', object: 'realtime.item', type: 'message', status: 'completed', role: 'user' },
      content: [{ type: 'input_text', text: 'one' }],
    };
    assert.deepEqual(
      events.map(({ event_id: _, ...event }) => event),
      [
        { type: 'conversation.item.added', previous_item_id: null, item },
        { type: 'conversation.item.done', previous_item_id: null, item },
      ],
    );
    client.say('two');
    const added = (await client.next()) as { item: Json; previous_item_id: string };
    assert.equal(added.previous_item_id, 'one');
    assert.match(String(added.item['id']), /^item_\w{1,27}$/);
  });

  const accepted: readonly [string, Json][] = [
    ['an id of 32 characters', message([{ type: 'input_text', text: 'x' }], { id: 'x'.repeat(32) })],
    ['a clip', message([{ type: 'input_audio', audio: 'AAAAAA==' }])],
    ['a clip with its transcript', message([{ type: 'input_audio', audio: 'AAAAAA==', transcript: 'hi' }])],
    ['a PNG image', message([{ type: 'input_image', image_url: PNG, detail: 'low' }])],
    ['a JPEG image', message([{ type: 'input_image', image_url: 'data:image/jpeg;base64,/9j/4A==' }])],
    [
      'several parts',
      message([
        { type: 'input_text', text: 'x' },
        { type: 'input_image', image_url: PNG },
      ]),
    ],
    ['a system message', message([{ type: 'input_text', text: 'x' }], { role: 'system' })],
    ['an answer in text', message([{ type: 'output_text', text: 'x' }], { role: 'assistant' })],
    ['a status, which means nothing', message([{ type: 'input_text', text: 'x' }], { status: 'incomplete' })],
  ];
  for (const [what, item] of accepted) {
    it(`accepts ${what}`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      create(client, item);
      const { item: shown } = (await client.until('conversation.item.done')) as { item: Json };
      assert.deepEqual([shown['role'], shown['status']], [item['role'], 'completed']);
      assert.ok(!JSON.stringify(shown).includes('"audio"'), 'no sound comes back');
    });
  }

  const refused: readonly [string, Json | undefined, string, string][] = [
    ['no item', undefined, 'missing_required_parameter', 'item'],
    ['no type', { role: 'user', content: [] }, 'missing_required_parameter', 'item.type'],
    ['an item of an MCP server', { type: 'mcp_call', name: 'x' }, 'invalid_value', 'item.type'],
    ['an id that is too long', message([], { id: 'x'.repeat(33) }), 'string_above_max_length', 'item.id'],
    ['an empty id', message([], { id: '' }), 'invalid_value', 'item.id'],
    ['no role', { type: 'message', content: [] }, 'missing_required_parameter', 'item.role'],
    ['an unknown role', message([], { role: 'tool' }), 'invalid_value', 'item.role'],
    ['an unknown field', message([], { text: 'x' }), 'unknown_parameter', 'item.text'],
    ['no content', message(undefined), 'missing_required_parameter', 'item.content'],
    ['empty content', message([]), 'empty_array', 'item.content'],
    ['content that is text', message('hello'), 'invalid_type', 'item.content'],
    ['a part that is text', message(['hello']), 'invalid_type', 'item.content[0]'],
    ['a part of the assistant', message([{ type: 'output_text', text: 'x' }]), 'invalid_value', 'item.content[0].type'],
    [
      'an image of the system',
      message([{ type: 'input_image' }], { role: 'system' }),
      'invalid_value',
      'item.content[0].type',
    ],
    ['a text without text', message([{ type: 'input_text' }]), 'missing_required_parameter', 'item.content[0].text'],
    [
      'a second part without text',
      message([{ type: 'input_text', text: '' }, { type: 'input_text' }]),
      'missing_required_parameter',
      'item.content[1].text',
    ],
    [
      'speech of the assistant',
      message([{ type: 'output_audio', transcript: 'x' }], { role: 'assistant' }),
      'missing_required_parameter',
      'item.content[0].text',
    ],
    ['a clip without sound', message([{ type: 'input_audio' }]), 'missing_required_parameter', 'item.content[0].audio'],
    [
      'a clip that is not base64',
      message([{ type: 'input_audio', audio: '?' }]),
      'invalid_value',
      'item.content[0].audio',
    ],
    ['a clip of nothing', message([{ type: 'input_audio', audio: '' }]), 'invalid_value', 'item.content[0].audio'],
    [
      'a clip with half a sample',
      message([{ type: 'input_audio', audio: 'AAAA' }]),
      'invalid_value',
      'item.content[0].audio',
    ],
    [
      'the address of an image',
      message([{ type: 'input_image', image_url: 'https://x/y.png' }]),
      'invalid_value',
      'item.content[0].image_url',
    ],
    [
      'a GIF',
      message([{ type: 'input_image', image_url: 'data:image/gif;base64,R0lG' }]),
      'invalid_value',
      'item.content[0].image_url',
    ],
  ];
  for (const [what, item, code, param] of refused) {
    it(`rejects ${what}, and adds nothing`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      client.send({ type: 'conversation.item.create', event_id: 'evt_1', item });
      const error = await client.error();
      assert.deepEqual([error['code'], error['param'], error['event_id']], [code, param, 'evt_1']);
      client.say('first');
      assert.equal((await client.next())['previous_item_id'], null);
    });
  }

  it('rejects a long id in the words of the service', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('x', { id: 'x'.repeat(41) });
    const message =
      "Invalid 'item.id': string too long. Expected a string with maximum length 32, but got a string with length 41 instead.";
    assert.equal((await client.error())['message'], message);
  });

  it('rejects an id that exists', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('one', { id: 'one' });
    client.say('two', { id: 'one' });
    assert.equal((await client.error())['param'], 'item.id');
  });

  it('inserts an item after previous_item_id', async (t) => {
    const seen: string[] = [];
    const simulator = await simulate([
      ({ text }) => {
        seen.push(...text.split('\n'));
        return 'ok';
      },
    ]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('b', { id: 'b' });
    client.say('d', { id: 'd' });
    const item = (text: string) => message([{ type: 'input_text', text }], { id: text });
    create(client, item('a'), { previous_item_id: 'root' });
    create(client, item('c'), { previous_item_id: 'b' });
    client.send({ type: 'response.create' });
    const events = await client.through('response.done');
    const added = events.filter(({ type }) => type === 'conversation.item.added').slice(0, 4);
    assert.deepEqual(
      added.map(({ previous_item_id }) => previous_item_id),
      [null, 'b', null, 'b'],
    );
    assert.deepEqual(seen, ['a', 'b', 'c', 'd']);
  });

  it('rejects an unknown previous_item_id, and adds nothing', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    create(client, message([{ type: 'input_text', text: 'x' }], { id: 'x' }), { previous_item_id: 'nobody' });
    const error = await client.error();
    assert.deepEqual([error['param'], error['event_id']], ['previous_item_id', 'evt_1']);
    client.send({ type: 'conversation.item.retrieve', item_id: 'x' });
    assert.equal((await client.error())['code'], 'item_retrieve_invalid_item_id');
  });
});

describe('conversation.item.delete and retrieve', () => {
  it('delete removes an item from the conversation', async (t) => {
    const simulator = await simulate([({ history }) => `${history.length} lines`]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('secret', { id: 'secret' });
    client.send({ type: 'conversation.item.delete', item_id: 'secret' });
    assert.equal((await client.until('conversation.item.deleted'))['item_id'], 'secret');
    const events = await client.ask('hi');
    const done = events.find(({ type }) => type === 'response.output_audio_transcript.done');
    assert.equal(done?.['transcript'], '0 lines');
  });

  it('retrieve returns an item', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('hello', { id: 'one' });
    client.send({ type: 'conversation.item.retrieve', item_id: 'one' });
    const { item } = (await client.until('conversation.item.retrieved')) as { item: Json };
    assert.deepEqual(item['content'], [{ type: 'input_text', text: 'hello' }]);
  });

  for (const operation of ['delete', 'retrieve']) {
    it(`${operation} rejects an unknown item`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      client.send({ type: `conversation.item.${operation}`, event_id: 'evt_1', item_id: 'nobody' });
      const error = await client.error();
      assert.deepEqual([error['code'], error['event_id']], [`item_${operation}_invalid_item_id`, 'evt_1']);
      assert.match(String(error['message']), /the item with id 'nobody' does not exist/);
    });
  }
});
