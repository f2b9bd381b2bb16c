import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../support/manual-clock.ts';
import { begin, completed, type Json, responseOf, shape, simulate, spoken } from './client.ts';

const DELTA = 'response.output_audio.delta';

describe('response.cancel', () => {
  it('stops the response, keeps what was sent, and allows the next response', async (t) => {
    const clock = new ManualClock();
    const asked: unknown[] = [];
    const simulator = await simulate(
      [
        spoken('one two three four'),
        ({ history }) => {
          asked.push(...history);
          return completed('');
        },
      ],
      { clock, paceMs: 40 },
    );
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await client.until('response.content_part.added');
    await clock.advance(40);
    await client.until(DELTA);
    client.send({ type: 'response.cancel' });
    const events = await client.through('response.done');
    assert.deepEqual(shape(events), [
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
    ]);
    const response = responseOf(events);
    assert.deepEqual(response['status_details'], { type: 'cancelled', reason: 'client_cancelled' });
    const [item] = response['output'] as Json[];
    assert.deepEqual(
      [item?.['status'], item?.['content']],
      ['incomplete', [{ type: 'output_audio', transcript: 'one' }]],
    );
    assert.equal(clock.waiting.length, 1, 'only the end of the session is still awaited');
    begin(client, { output_modalities: ['text'] });
    await client.until('response.done');
    assert.deepEqual(asked, [
      { role: 'user', text: 'hi' },
      { role: 'assistant', text: 'one' },
    ]);
  });

  it('stops a response before its first delta', async (t) => {
    const simulator = await simulate([completed('x', { gate: new Promise(() => {}) })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    const { response } = (await client.until('response.created')) as { response: Json };
    client.send({ type: 'response.cancel', response_id: response['id'] });
    const done = responseOf(await client.through('response.done'));
    assert.deepEqual([done['status'], done['output']], ['cancelled', []]);
  });

  it('stops a response while the voice generates audio', async (t) => {
    const asked = Promise.withResolvers<void>();
    const speak = () => {
      asked.resolve();
      return new Promise<Uint8Array>(() => {});
    };
    const simulator = await simulate(['x'], { voice: { name: 'slow', speak, close: async () => {} } });
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await asked.promise;
    client.send({ type: 'response.cancel' });
    assert.equal(responseOf(await client.through('response.done'))['status'], 'cancelled');
  });

  it('stops a response without pauses', async (t) => {
    const simulator = await simulate([completed('word '.repeat(2_000))]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await client.until(DELTA);
    client.send({ type: 'response.cancel' });
    assert.equal(responseOf(await client.through('response.done'))['status'], 'cancelled');
  });

  it('is rejected if no response is active, or for another id', async (t) => {
    const simulator = await simulate([{ outputs: [], ending: { kind: 'hang', afterDeltas: 0 } }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'response.cancel', event_id: 'evt_1' });
    const error = await client.error();
    assert.deepEqual([error['code'], error['event_id']], ['response_cancel_not_active', 'evt_1']);
    begin(client);
    await client.until('rate_limits.updated');
    client.send({ type: 'response.cancel', response_id: 'resp_other' });
    assert.equal((await client.error())['code'], 'response_cancel_not_active');
    await client.nothingElse();
  });
});
