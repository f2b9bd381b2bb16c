import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Voice } from '../../../dev/simulator/voice.ts';
import { begin, completed, type Json, responseOf, simulate, spoken } from './client.ts';

const DELTA = 'response.output_audio.delta';

describe('the ending of a response', () => {
  for (const reason of ['max_output_tokens', 'content_filter'] as const) {
    it(`can be incomplete: ${reason}`, async (t) => {
      const simulator = await simulate([spoken('so far', { kind: 'incomplete', reason })]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      const response = responseOf(await client.ask('hi'));
      assert.deepEqual(
        [response['status'], response['status_details']],
        ['incomplete', { type: 'incomplete', reason }],
      );
      assert.equal((response['output'] as Json[])[0]?.['status'], 'incomplete');
    });
  }

  it('can be failed, after the scripted items', async (t) => {
    const error = { type: 'server_error', code: 'server_error', message: 'Oops' };
    const simulator = await simulate([spoken('half', { kind: 'failed', error }), 'next']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const response = responseOf(await client.ask('hi'));
    assert.deepEqual([response['status'], response['status_details']], ['failed', { type: 'failed', error }]);
    assert.ok(!('usage' in response));
    assert.equal(responseOf(await client.ask('hi'))['status'], 'completed');
  });

  it('can be disconnect: the socket breaks after the given number of deltas', async (t) => {
    const simulator = await simulate([spoken('a b c d', { kind: 'disconnect', afterDeltas: 2 })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const closed = client.closed();
    begin(client);
    assert.equal((await closed).code, 1006);
    assert.equal(client.types().filter((type) => type === DELTA).length, 2);
    assert.equal(client.types().at(-1), DELTA);
  });

  it('can be disconnect with a close code', async (t) => {
    const simulator = await simulate([spoken('a', { kind: 'disconnect', afterDeltas: 0, code: 1011 })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const closed = client.closed();
    begin(client);
    assert.equal((await closed).code, 1011);
    assert.equal(client.types().at(-1), 'rate_limits.updated');
  });

  it('can be disconnect, which counts words in text modality', async (t) => {
    const simulator = await simulate([spoken('a b c d', { kind: 'disconnect', afterDeltas: 3 })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const closed = client.closed();
    begin(client, { output_modalities: ['text'] });
    await closed;
    assert.equal(client.types().filter((type) => type === 'response.output_text.delta').length, 3);
  });

  it('can be disconnect after the last delta, right before response.done', async (t) => {
    const simulator = await simulate([spoken('a', { kind: 'disconnect', afterDeltas: 99 })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const closed = client.closed();
    begin(client);
    await closed;
    assert.equal(client.types().at(-1), 'response.output_item.done');
  });

  it('can be hang: nothing more is sent, but the session handles events and the response can be cancelled', async (t) => {
    const simulator = await simulate([spoken('a b c d', { kind: 'hang', afterDeltas: 1 })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await client.until(DELTA);
    await client.nothingElse();
    client.send({ type: 'response.cancel' });
    const response = responseOf(await client.through('response.done'));
    assert.equal(response['status'], 'cancelled');
    assert.deepEqual((response['output'] as Json[])[0]?.['content'], [{ type: 'output_audio', transcript: 'a' }]);
  });

  it('can be hang before response.created', async (t) => {
    const simulator = await simulate([spoken('a', { kind: 'hang', afterDeltas: 0, created: false })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await client.until('conversation.item.done');
    await client.nothingElse();
  });

  it('can be reject: an error with the event id of the client, and no response', async (t) => {
    const error = { type: 'invalid_request_error', code: 'rate_limit_exceeded', message: 'Slow down' };
    const simulator = await simulate([{ outputs: [], ending: { kind: 'reject', error } }, 'next']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    assert.deepEqual(await client.error(), { ...error, param: null, event_id: 'evt_create' });
    await client.nothingElse();
    assert.equal(responseOf(await client.ask('hi'))['status'], 'completed');
  });

  it('is server_error if the responder throws', async (t) => {
    const simulator = await simulate([
      () => {
        throw new Error('no idea');
      },
    ]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const response = responseOf(await client.ask('hi'));
    assert.equal(response['status'], 'failed');
    assert.equal((response['status_details'] as { error: Json }).error['code'], 'server_error');
    assert.ok(!JSON.stringify(response).includes('no idea'));
  });

  it('is server_error if the voice fails', async (t) => {
    const voice: Voice = { name: 'mute', speak: () => Promise.reject(new Error('hoarse')), close: async () => {} };
    const simulator = await simulate(['hello', spoken('fine')], { voice });
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    assert.equal(responseOf(await client.ask('hi'))['status'], 'failed');
    assert.equal(responseOf(await client.ask('hi'))['status'], 'completed');
  });

  it('is server_error if the gate rejects', async (t) => {
    const simulator = await simulate([() => completed('x', { gate: Promise.reject(new Error('shut')) })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    assert.equal(responseOf(await client.ask('hi'))['status'], 'failed');
  });
});
