import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Json, simulate } from './client.ts';

const SILENCE_100_MS = Buffer.alloc(4_800).toString('base64');

describe('the input audio buffer', () => {
  it('becomes a user item on commit', async (t) => {
    let clips: number | undefined;
    const simulator = await simulate([
      (context) => {
        clips = context.clips.length;
        return 'ok';
      },
    ]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'input_audio_buffer.append', audio: SILENCE_100_MS });
    client.send({ type: 'input_audio_buffer.commit' });
    const events = await client.through('conversation.item.done');
    assert.deepEqual(
      events.map(({ type }) => type),
      ['input_audio_buffer.committed', 'conversation.item.added', 'conversation.item.done'],
    );
    const { item } = events[1] as { item: Json };
    assert.equal(item['id'], events[0]?.['item_id']);
    assert.deepEqual([item['role'], item['content']], ['user', [{ type: 'input_audio' }]]);
    client.send({ type: 'response.create' });
    await client.until('response.done');
    assert.equal(clips, 1);
  });

  it('cannot be committed with less than 100 ms of audio, or twice', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'input_audio_buffer.commit', event_id: 'evt_1' });
    const error = await client.error();
    assert.deepEqual([error['code'], error['event_id']], ['input_audio_buffer_commit_empty', 'evt_1']);
    client.send({ type: 'input_audio_buffer.append', audio: SILENCE_100_MS });
    client.send({ type: 'input_audio_buffer.commit' });
    await client.until('conversation.item.done');
    client.send({ type: 'input_audio_buffer.commit' });
    assert.equal((await client.error())['code'], 'input_audio_buffer_commit_empty');
  });

  it('is empty after clear', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'input_audio_buffer.append', audio: SILENCE_100_MS });
    client.send({ type: 'input_audio_buffer.clear' });
    await client.until('input_audio_buffer.cleared');
    client.send({ type: 'input_audio_buffer.commit' });
    assert.equal((await client.error())['code'], 'input_audio_buffer_commit_empty');
  });

  it('accepts base64 only', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    for (const [audio, code] of [
      ['not base64!', 'invalid_value'],
      ['AAA', 'invalid_value'],
      ['', 'invalid_value'],
      ['AAAA', 'invalid_value'],
      [undefined, 'missing_required_parameter'],
      [12, 'invalid_type'],
    ]) {
      client.send({ type: 'input_audio_buffer.append', audio });
      const error = await client.error();
      assert.deepEqual([error['code'], error['param']], [code, 'audio']);
    }
  });

  it('rejects half a sample in the words of the service', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'input_audio_buffer.append', audio: 'AAAA' });
    const message =
      "Invalid 'audio'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but got an invalid value.";
    assert.equal((await client.error())['message'], message);
  });

  it('accepts at most 15 MiB at once', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.send({ type: 'input_audio_buffer.append', audio: 'A'.repeat(15 * 1024 * 1024 + 4) });
    assert.equal((await client.error())['code'], 'string_above_max_length');
  });
});
