import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { completed, type Json, simulate } from './client.ts';

const PCM = { type: 'audio/pcm', rate: 24_000 };

async function sessionOf(event: Promise<Json>): Promise<Json> {
  return (await event)['session'] as Json;
}

describe('session.created', () => {
  it('has a full session with the defaults of the service, and instructions that name the simulator', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const session = (JSON.parse(client.frames[0] ?? '') as { session: Json }).session;
    assert.match(String(session['id']), /^sess_\w+$/);
    assert.match(String(session['instructions']), /simulator/);
    assert.deepEqual([session['type'], session['object']], ['realtime', 'realtime.session']);
    assert.deepEqual(session['output_modalities'], ['audio']);
    assert.equal(session['max_output_tokens'], 'inf');
    const { input, output } = session['audio'] as { input: Json; output: Json };
    assert.deepEqual(output, { format: PCM, voice: 'alloy', speed: 1 });
    assert.deepEqual(input['format'], PCM);
    assert.equal((input['turn_detection'] as Json)['type'], 'server_vad');
  });
});

describe('session.update', () => {
  it('is answered with the whole session, in which only the given fields changed', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.update({ instructions: 'Be brief.', audio: { output: { voice: 'marin' } }, max_output_tokens: 4096 });
    const first = await sessionOf(client.until('session.updated'));
    client.update({ output_modalities: ['text'], audio: { input: { turn_detection: null }, output: { speed: 1.5 } } });
    const second = await sessionOf(client.until('session.updated'));
    assert.deepEqual([second['instructions'], second['max_output_tokens']], ['Be brief.', 4096]);
    assert.deepEqual(second, {
      ...first,
      output_modalities: ['text'],
      audio: { input: { format: PCM, turn_detection: null }, output: { format: PCM, voice: 'marin', speed: 1.5 } },
    });
  });

  it('accepts the settings of the quickstart', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const turn_detection = { type: 'server_vad', threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200 };
    const input = { transcription: { model: 'whisper-1' }, format: PCM, turn_detection };
    client.update({
      instructions: 'Hi',
      output_modalities: ['audio'],
      audio: { input, output: { voice: 'alloy', format: PCM } },
    });
    const { audio } = (await sessionOf(client.until('session.updated'))) as { audio: { input: Json } };
    assert.deepEqual(audio.input, input);
  });

  it('turns transcription off with null', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.update({ audio: { input: { transcription: { model: 'whisper-1' } } } });
    client.update({ audio: { input: { transcription: null } } });
    await client.until('session.updated');
    const { audio } = (await sessionOf(client.until('session.updated'))) as { audio: { input: Json } };
    assert.ok(!('transcription' in audio.input));
  });

  it('accepts the current model', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.update({ model: 'simulator' });
    await client.until('session.updated');
  });

  const refused: readonly [string, Json, string, string][] = [
    ['no type', { type: undefined }, 'missing_required_parameter', 'session.type'],
    ['a transcription session', { type: 'transcription' }, 'invalid_value', 'session.type'],
    ['an unknown field', { voice: 'alloy' }, 'unknown_parameter', 'session.voice'],
    ['an unknown field of audio', { audio: { outputs: {} } }, 'unknown_parameter', 'session.audio.outputs'],
    [
      'an unknown field of the output',
      { audio: { output: { pitch: 1 } } },
      'unknown_parameter',
      'session.audio.output.pitch',
    ],
    ['an unknown field of the input', { audio: { input: { vad: 1 } } }, 'unknown_parameter', 'session.audio.input.vad'],
    ['both modalities', { output_modalities: ['audio', 'text'] }, 'invalid_value', 'session.output_modalities'],
    ['no modality', { output_modalities: [] }, 'invalid_value', 'session.output_modalities'],
    ['a modality that is no list', { output_modalities: 'audio' }, 'invalid_type', 'session.output_modalities'],
    ['an unknown voice', { audio: { output: { voice: 'nova' } } }, 'invalid_value', 'session.audio.output.voice'],
    ['another model', { model: 'gpt-realtime' }, 'invalid_value', 'session.model'],
    [
      'another rate',
      { audio: { output: { format: { type: 'audio/pcm', rate: 16_000 } } } },
      'invalid_value',
      'session.audio.output.format.rate',
    ],
    [
      'another format',
      { audio: { input: { format: { type: 'audio/mp3' } } } },
      'invalid_value',
      'session.audio.input.format.type',
    ],
    [
      'a format of the preview',
      { audio: { output: { format: 'pcm16' } } },
      'invalid_type',
      'session.audio.output.format',
    ],
    ['too few tokens', { max_output_tokens: 0 }, 'integer_below_min_value', 'session.max_output_tokens'],
    ['too many tokens', { max_output_tokens: 4097 }, 'integer_above_max_value', 'session.max_output_tokens'],
    ['half a token', { max_output_tokens: 1.5 }, 'invalid_type', 'session.max_output_tokens'],
    ['a word for tokens', { max_output_tokens: 'many' }, 'invalid_value', 'session.max_output_tokens'],
    [
      'a speed out of range',
      { audio: { output: { speed: 2 } } },
      'decimal_above_max_value',
      'session.audio.output.speed',
    ],
    ['instructions that are no text', { instructions: 7 }, 'invalid_type', 'session.instructions'],
    ['tools that are no list', { tools: {} }, 'invalid_type', 'session.tools'],
  ];
  for (const [what, session, code, param] of refused) {
    it(`rejects ${what}, and changes nothing`, async (t) => {
      const simulator = await simulate([]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      const before = (JSON.parse(client.frames[0] ?? '') as { session: Json }).session;
      client.send({
        type: 'session.update',
        event_id: 'evt_1',
        session: { type: 'realtime', tool_choice: 'none', ...session },
      });
      const error = await client.error();
      assert.deepEqual([error['code'], error['param'], error['event_id']], [code, param, 'evt_1']);
      client.update({});
      assert.deepEqual(await sessionOf(client.until('session.updated')), before);
    });
  }

  it('lists the voices if it rejects one', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.update({ audio: { output: { voice: 'nova' } } });
    const message =
      "Invalid value: 'nova'. Supported values are: 'alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', and 'cedar'.";
    assert.equal((await client.error())['message'], message);
  });

  it('cannot change the voice after the first audio', async (t) => {
    const simulator = await simulate(['hello']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.update({ audio: { output: { voice: 'cedar' } } });
    await client.ask('hi');
    client.update({ instructions: 'x', audio: { output: { voice: 'ash' } } });
    const error = await client.error();
    assert.equal(error['code'], 'cannot_update_voice');
    client.update({ audio: { output: { voice: 'cedar' } } });
    assert.notEqual((await sessionOf(client.until('session.updated')))['instructions'], 'x');
    client.send({ type: 'response.create', response: { audio: { output: { voice: 'ash' } } } });
    assert.equal((await client.error())['code'], 'cannot_update_voice');
  });

  it('can change the voice if the session has only produced text', async (t) => {
    const simulator = await simulate([completed('hello')]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.update({ output_modalities: ['text'] });
    await client.ask('hi');
    client.update({ audio: { output: { voice: 'ash' } } });
    await client.until('session.updated');
  });

  it('sets the instructions of the responder context and the modality', async (t) => {
    const simulator = await simulate([({ instructions }) => `I am told: ${instructions}`]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.update({ instructions: 'Be kind.', output_modalities: ['text'] });
    const events = await client.ask('hi');
    const done = events.find(({ type }) => type === 'response.output_text.done');
    assert.equal(done?.['text'], 'I am told: Be kind.');
  });
});
