import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { begin, completed, type Json, joined, responseOf, simulate } from './client.ts';

const WORDS = 'response.output_audio_transcript.delta';

describe('response.create', () => {
  it('is answered even if the conversation is empty', async (t) => {
    const simulator = await simulate([({ text, history }) => `${text.length} ${history.length}`]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'response.create' });
    const done = await client.until('response.output_audio_transcript.done');
    assert.equal(done['transcript'], '0 0');
  });

  it('is rejected while another response is active, with the event id of the client', async (t) => {
    const gate = Promise.withResolvers<void>();
    const simulator = await simulate([completed('first', { gate: gate.promise }), 'second']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    const { response } = (await client.until('response.created')) as { response: Json };
    client.send({ type: 'response.create', event_id: 'evt_2' });
    const error = await client.error();
    assert.deepEqual([error['code'], error['event_id']], ['conversation_already_has_active_response', 'evt_2']);
    assert.match(String(error['message']), new RegExp(`in progress: ${response['id']}\\.`));
    gate.resolve();
    assert.equal(responseOf([await client.until('response.done')])['id'], response['id']);
    await client.nothingElse();
    assert.equal(joined(await client.ask('again'), WORDS), 'second');
  });

  it('can replace the instructions of the session', async (t) => {
    const simulator = await simulate([({ instructions }) => instructions, ({ instructions }) => instructions]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.update({ instructions: 'always' });
    assert.equal(joined(await client.ask('hi', { instructions: 'once' }), WORDS), 'once');
    assert.equal(joined(await client.ask('hi'), WORDS), 'always');
  });

  it('returns its metadata in created and done', async (t) => {
    const simulator = await simulate(['ok']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const metadata = { turn: '17' };
    const events = await client.ask('hi', { metadata });
    assert.deepEqual(responseOf(events.slice(0, 1))['metadata'], metadata);
    assert.deepEqual(responseOf(events)['metadata'], metadata);
  });

  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));

  it('accepts 16 pairs of metadata, with keys of 64 and values of 512 characters', async (t) => {
    const simulator = await simulate(['ok']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    await client.ask('hi', { metadata: { ...pairs(15), ['k'.repeat(64)]: 'v'.repeat(512) } });
  });

  const refused: readonly [string, unknown, string, string][] = [
    ['17 pairs of metadata', { metadata: pairs(17) }, 'object_above_max_properties', 'response.metadata'],
    ['a key of 65 characters', { metadata: { ['k'.repeat(65)]: '' } }, 'invalid_value', 'response.metadata'],
    [
      'a value of 513 characters',
      { metadata: { k: 'v'.repeat(513) } },
      'string_above_max_length',
      'response.metadata.k',
    ],
    ['a number as metadata', { metadata: { k: 1 } }, 'invalid_type', 'response.metadata.k'],
    ['another conversation', { conversation: 'conv_1' }, 'invalid_value', 'response.conversation'],
    ['an unknown field', { modalities: ['text'] }, 'unknown_parameter', 'response.modalities'],
    [
      'an unknown field of audio',
      { audio: { output: { speed: 1 } } },
      'unknown_parameter',
      'response.audio.output.speed',
    ],
    ['too many tokens', { max_output_tokens: 5000 }, 'integer_above_max_value', 'response.max_output_tokens'],
    ['a response out of band', { conversation: 'none' }, 'invalid_value', 'response.conversation'],
    ['a text for a response', 'now', 'invalid_type', 'response'],
  ];
  for (const [what, response, code, param] of refused) {
    it(`rejects ${what}, and begins nothing`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      client.send({ type: 'response.create', event_id: 'evt_1', response });
      const error = await client.error();
      assert.deepEqual([error['code'], error['param'], error['event_id']], [code, param, 'evt_1']);
      await client.nothingElse();
    });
  }
});
