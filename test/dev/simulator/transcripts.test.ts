import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Transcription } from '../../../dev/simulator/responder.ts';
import type { ScriptedTurn } from '../../../dev/simulator/script.ts';
import type { SimulatorOptions } from '../../../dev/simulator/simulator.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Client, completed, type Json, joined, responseOf, simulate, spoken } from './client.ts';
import { clipPart, commit, silenceOf, toneOf } from './sounds.ts';

const EVENT = 'conversation.item.input_audio_transcription';
const FIRST_DELTA = 'response.output_audio_transcript.delta';
const CLIP = toneOf(440, 2_000);

interface SetUp {
  readonly turns?: readonly ScriptedTurn[];
  readonly options?: Partial<SimulatorOptions>;
  readonly transcription?: Json | null;
}

/** A client whose session transcribes. */
async function listening(t: TestContext, setUp: SetUp = {}): Promise<Client> {
  const { turns = [spoken('one two')], options = {}, transcription = { model: 'gpt-4o-transcribe' } } = setUp;
  // A clock that stands still: no transcript comes only because this machine was slow.
  const simulator = await simulate(turns, { clock: new ManualClock(), ...options });
  t.after(() => simulator[Symbol.asyncDispose]());
  const client = await simulator.connect();
  client.update({ audio: { input: { transcription } } });
  await client.until('session.updated');
  return client;
}

/** Commits the clip and asks for an answer; the events from the item's `done` on, up to the end of the response. */
async function ask(client: Client, audio: Uint8Array = CLIP): Promise<Json[]> {
  commit(client, audio);
  client.send({ type: 'response.create' });
  await client.until('conversation.item.done');
  return client.through('response.done');
}

function transcribed(transcription: Transcription): ScriptedTurn {
  return { ...spoken('one two'), transcription };
}

function aboutTranscripts(events: readonly Json[]): string[] {
  return events.map(({ type }) => String(type)).filter((type) => type.startsWith(EVENT));
}

describe('a transcript', () => {
  it('is made of a committed clip, before the first delta of the response', async (t) => {
    const client = await listening(t);
    commit(client, CLIP);
    const { item_id: itemId } = await client.until('input_audio_buffer.committed');
    client.send({ type: 'response.create' });
    const events = await client.through(FIRST_DELTA);
    assert.equal(joined(events, `${EVENT}.delta`), 'a tone of about 440 Hz for 2.0 seconds');
    const found = events.find(({ type }) => type === `${EVENT}.completed`);
    const { event_id: _, ...completion } = found ?? {};
    assert.deepEqual(completion, {
      type: `${EVENT}.completed`,
      item_id: itemId,
      content_index: 0,
      transcript: 'a tone of about 440 Hz for 2.0 seconds',
      usage: {
        ...{ type: 'tokens', total_tokens: 30, input_tokens: 20, output_tokens: 10 },
        input_token_details: { text_tokens: 0, audio_tokens: 20 },
      },
    });
    const deltas = events.filter(({ type }) => type === `${EVENT}.delta`);
    assert.ok(deltas.length > 0);
    assert.ok(deltas.every((delta) => delta['item_id'] === itemId && delta['content_index'] === 0));
  });

  it('is made of each clip of a message, once', async (t) => {
    const client = await listening(t, { turns: [spoken('one'), spoken('two')] });
    commit(client, CLIP);
    const events = await ask(client, silenceOf(1_000));
    const ends = events.filter(({ type }) => type === `${EVENT}.completed`);
    assert.deepEqual(
      ends.map(({ transcript }) => transcript),
      ['a tone of about 440 Hz for 2.0 seconds', 'silence'],
    );
    client.send({ type: 'response.create' });
    assert.deepEqual(aboutTranscripts(await client.through('response.done')), []);
  });

  for (const [what, update] of [
    ['without a transcription', undefined],
    ['after null', null],
  ] as const) {
    it(`is not made in a session ${what}`, async (t) => {
      const simulator = await simulate([transcribed({ text: 'never heard' })]);
      t.after(() => simulator[Symbol.asyncDispose]());
      const client = await simulator.connect();
      if (update === null) {
        client.update({ audio: { input: { transcription: { model: 'x' } } } });
        client.update({ audio: { input: { transcription: null } } });
      }
      assert.deepEqual(aboutTranscripts(await ask(client)), []);
      await client.nothingElse();
    });
  }

  it('stays on if other settings are updated', async (t) => {
    const client = await listening(t);
    client.update({ audio: { input: { turn_detection: null } } });
    assert.ok(aboutTranscripts(await ask(client)).includes(`${EVENT}.completed`));
  });

  it('is not made of a clip in an item that the client creates', async (t) => {
    const client = await listening(t);
    client.say('', { content: [clipPart(CLIP)] });
    client.send({ type: 'response.create' });
    assert.deepEqual(aboutTranscripts(await client.through('response.done')), []);
    await client.nothingElse();
  });
});

describe('a scripted transcript', () => {
  it('has the words of the script', async (t) => {
    const client = await listening(t, { turns: [transcribed({ text: 'What is the time?' })] });
    const events = await ask(client);
    assert.equal(joined(events, `${EVENT}.delta`), 'What is the time?');
    assert.equal(events.find(({ type }) => type === `${EVENT}.completed`)?.['transcript'], 'What is the time?');
  });

  it('can be empty', async (t) => {
    const client = await listening(t, { turns: [transcribed({ text: '' })] });
    assert.deepEqual(aboutTranscripts(await ask(client)), [`${EVENT}.completed`]);
  });

  it('arrives after its delay, during or after the response', async (t) => {
    const clock = new ManualClock();
    const gate = Promise.withResolvers<void>();
    const held = completed('one', { transcription: { text: 'late', delayMs: 700 }, gate: gate.promise });
    const client = await listening(t, {
      turns: [held, transcribed({ text: 'later', delayMs: 700 })],
      options: { clock },
    });
    commit(client, CLIP);
    client.send({ type: 'response.create' });
    await client.until('rate_limits.updated');
    await clock.advance(700);
    assert.equal((await client.until(`${EVENT}.completed`))['transcript'], 'late');
    gate.resolve();
    assert.deepEqual(aboutTranscripts(await client.through('response.done')), []);
    assert.deepEqual(aboutTranscripts(await ask(client)), []);
    await clock.advance(700);
    assert.equal((await client.until(`${EVENT}.completed`))['transcript'], 'later');
  });

  it('arrives after response.done with `afterDone`', async (t) => {
    const client = await listening(t, { turns: [transcribed({ text: 'after', afterDone: true })] });
    assert.deepEqual(aboutTranscripts(await ask(client)), []);
    assert.equal((await client.until(`${EVENT}.completed`))['transcript'], 'after');
  });

  it('arrives after response.done and its delay with both', async (t) => {
    const clock = new ManualClock();
    const transcription = { text: 'after', afterDone: true, delayMs: 300, fails: true };
    const client = await listening(t, { turns: [transcribed(transcription)], options: { clock } });
    assert.deepEqual(aboutTranscripts(await ask(client)), []);
    await client.nothingElse();
    await clock.advance(300);
    await client.until(`${EVENT}.failed`);
  });

  it('can fail, and the response continues', async (t) => {
    const client = await listening(t, { turns: [transcribed({ fails: true })] });
    const events = await ask(client);
    assert.deepEqual(aboutTranscripts(events), [`${EVENT}.failed`]);
    const {
      item_id: itemId,
      content_index: index,
      error,
    } = events.find(({ type }) => type === `${EVENT}.failed`) ?? {};
    const message = `Input transcription failed for item '${itemId}'.`;
    assert.deepEqual([index, error], [0, { type: 'server_error', message }]);
    assert.equal(responseOf(events)['status'], 'completed');
  });

  it('can be missing', async (t) => {
    const clock = new ManualClock();
    const client = await listening(t, { turns: [transcribed({ never: true })], options: { clock } });
    assert.deepEqual(aboutTranscripts(await ask(client)), []);
    await clock.advance(60_000);
    await client.nothingElse();
  });

  it('also arrives if the response is rejected, fails or hangs', async (t) => {
    const error = { type: 'server_error', code: 'x', message: 'no' };
    const turns: ScriptedTurn[] = [
      { outputs: [], ending: { kind: 'reject', error } },
      { outputs: [], ending: { kind: 'failed', error } },
      { outputs: [], ending: { kind: 'hang', afterDeltas: 0, created: false } },
    ];
    const client = await listening(t, { turns });
    for (const _ of turns) {
      commit(client, CLIP);
      client.send({ type: 'response.create' });
      await client.until(`${EVENT}.completed`);
    }
  });

  it('is cancelled when the client disconnects', async (t) => {
    const clock = new ManualClock();
    const client = await listening(t, { turns: [transcribed({ delayMs: 5_000 })], options: { clock } });
    await ask(client);
    const waiting = clock.waiting.length;
    const closed = client.closed();
    client.socket.close();
    await closed;
    assert.deepEqual([waiting, clock.waiting.length], [2, 0]);
  });
});
