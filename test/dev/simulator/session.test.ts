import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Json, simulate } from './client.ts';

describe('a frame', () => {
  const malformed: readonly [string, string | Buffer][] = [
    ['broken JSON', '{"type":'],
    ['an empty frame', ''],
    ['a list', '[]'],
    ['a word', '"response.create"'],
    ['null', 'null'],
    ['a binary frame', Buffer.from('{"type":"response.create"}')],
  ];
  for (const [what, frame] of malformed) {
    it(`that is ${what} gets an error, and the session goes on`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      client.socket.send(frame);
      const error = await client.error();
      assert.equal(error['type'], 'invalid_request_error');
      assert.equal(error['event_id'], null);
      await client.nothingElse();
    });
  }

  it('of an unknown type is rejected with the list of known types', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'response.delete', event_id: 'evt_1' });
    const error = await client.error();
    assert.deepEqual([error['code'], error['param'], error['event_id']], ['invalid_value', 'type', 'evt_1']);
    assert.match(
      String(error['message']),
      /^Invalid value: 'response\.delete'\. Supported values are: 'session\.update'/,
    );
  });

  it('with the name of a built-in property as its type is rejected, too', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    for (const type of ['constructor', '__proto__', 'toString']) {
      client.send({ type });
      assert.equal((await client.error())['code'], 'invalid_value');
    }
  });

  it('without a type, or with a type that is no string, is rejected', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({});
    assert.equal((await client.error())['code'], 'missing_required_parameter');
    client.send({ type: 7 });
    assert.equal((await client.error())['code'], 'invalid_type');
  });

  it('with an unknown field is rejected', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'response.create', responce: {} });
    const error = await client.error();
    assert.deepEqual([error['code'], error['param']], ['unknown_parameter', 'responce']);
  });

  it('has an event id of at most 512 characters', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'input_audio_buffer.clear', event_id: 'x'.repeat(513) });
    assert.equal((await client.error())['code'], 'string_above_max_length');
    client.send({ type: 'input_audio_buffer.clear', event_id: 'x'.repeat(512) });
    await client.until('input_audio_buffer.cleared');
  });
});

describe('every event of the server', () => {
  it('has an event id of its own', async (t) => {
    const simulator = await simulate(['hello']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    await client.ask('hi');
    const ids = client.frames.map((frame) => (JSON.parse(frame) as Json)['event_id']);
    assert.ok(ids.every((id) => typeof id === 'string' && /^event_\w+$/.test(id)));
    assert.equal(new Set(ids).size, ids.length);
  });
});

describe('whatever a client does', () => {
  it('the simulator serves other clients after a client leaves during a response', async (t) => {
    const simulator = await simulate(() => ({
      outputs: [{ text: 'a long story '.repeat(50) }],
      ending: { kind: 'completed' },
    }));
    t.after(() => simulator[Symbol.asyncDispose]());
    for (let round = 0; round < 5; round++) {
      const client = await simulator.connect();
      client.say('hi');
      client.send({ type: 'response.create' });
      await client.until('response.output_audio.delta');
      const closed = client.closed();
      if (round % 2 === 0) client.socket.terminate();
      else client.socket.close();
      await closed;
    }
    const client = await simulator.connect();
    assert.equal((await client.ask('hi')).at(-1)?.['type'], 'response.done');
  });

  it('the simulator serves other clients after a flood of events', async (t) => {
    const simulator = await simulate(() => ({ outputs: [{ text: 'ok' }], ending: { kind: 'completed' } }));
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const odd = [null, 0, -1, '', 'x', [], {}, [[]], { type: 'message' }, Number.MAX_SAFE_INTEGER];
    for (const value of odd) {
      client.socket.send(JSON.stringify(value));
      client.send({ type: 'session.update', session: value });
      client.send({ type: 'session.update', session: { type: 'realtime', audio: value, tools: value } });
      client.send({ type: 'conversation.item.create', item: value, previous_item_id: value });
      client.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: value } });
      client.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [value] } });
      client.send({ type: 'conversation.item.delete', item_id: value });
      client.send({ type: 'response.create', response: value });
      client.send({ type: 'response.create', response: { conversation: value, metadata: value } });
      client.send({ type: 'response.cancel', response_id: value });
    }
    client.send({ type: 'input_audio_buffer.clear' });
    await client.until('input_audio_buffer.cleared');
    client.socket.terminate();
    const next = await simulator.connect();
    assert.equal((await next.ask('hi')).at(-1)?.['type'], 'response.done');
  });

  it('the session continues after settings that are nested too deeply to serialize', async (t) => {
    const simulator = await simulate(['ok']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const tools = `[{"type":"function","name":"f","parameters":{"type":"object","properties":${deep}}}]`;
    const fields = `"event_id":"evt_1","session":{"type":"realtime"`;
    for (const frame of [
      `{"type":"session.update",${fields},"reasoning":${deep}}}`,
      `{"type":"session.update",${fields},"tools":${tools}}}`,
      `{"type":"response.create","event_id":"evt_1","response":{"tools":${tools}}}`,
    ]) {
      client.socket.send(frame);
      const error = await client.error();
      assert.deepEqual([error['code'], error['event_id']], ['server_error', 'evt_1']);
    }
    client.update({});
    await client.until('session.updated');
    assert.equal((await client.ask('hi')).at(-1)?.['type'], 'response.done');
  });

  it('a client that sends and never reads is disconnected', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('x'.repeat(8 * 1024 * 1024), { id: 'large' });
    await client.until('conversation.item.done');
    client.socket.pause();
    for (let time = 0; time < 12; time++) client.send({ type: 'conversation.item.retrieve', item_id: 'large' });
    const closed = client.closed();
    // Asked over another socket, so that the first one's requests have been taken before it reads again.
    const other = await simulator.connect();
    await other.nothingElse();
    client.socket.resume();
    assert.equal((await closed).code, 1006);
    await other.nothingElse();
  });
});
