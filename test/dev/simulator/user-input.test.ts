import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Jimp, JimpMime } from 'jimp';
import type { ResponderContext } from '../../../dev/simulator/responder.ts';
import { simulatedResponder } from '../../../dev/simulator/rules.ts';
import { scripted } from '../../../dev/simulator/script.ts';
import { type Client, type Json, joined, simulate } from './client.ts';
import { base64, clipPart, commit, silenceOf, toneOf } from './sounds.ts';

/** A client of the simulated responder. */
async function talking(t: TestContext): Promise<Client> {
  const simulator = await simulate(simulatedResponder);
  t.after(() => simulator[Symbol.asyncDispose]());
  return simulator.connect();
}

async function answerOf(client: Client): Promise<string> {
  client.send({ type: 'response.create' });
  return joined(await client.through('response.done'), 'response.output_audio_transcript.delta');
}

async function imagePart(width: number, height: number, mime: 'image/png' | 'image/jpeg'): Promise<Json> {
  const bytes = await new Jimp({ width, height, color: 0xff8800ff }).getBuffer(mime);
  return { type: 'input_image', image_url: `data:${mime};base64,${base64(bytes)}` };
}

const TWO_SECONDS = 'I heard 2.0 seconds of sound; its loudest tone is about 440 Hz.';
const HISTORY = [
  { role: 'user', text: 'My name is Ada.' },
  { role: 'assistant', text: 'Hello Ada.' },
];

describe('a user message with audio or pictures', () => {
  it('is described, whether it arrives in an item or through the buffer', async (t) => {
    const client = await talking(t);
    const audio = toneOf(440, 2_000);
    client.say('', { content: [clipPart(audio)] });
    assert.equal(await answerOf(client), TWO_SECONDS);
    commit(client, audio);
    assert.equal(await answerOf(client), TWO_SECONDS);
  });

  it('gets an answer to its text, then a description of its audio', async (t) => {
    const client = await talking(t);
    client.say('count to 3', { content: [{ type: 'input_text', text: 'count to 3' }, clipPart(toneOf(440, 2_000))] });
    assert.equal(await answerOf(client), `one, two, three.\n${TWO_SECONDS}`);
    client.say('count to 2');
    commit(client, silenceOf(500));
    assert.equal(await answerOf(client), 'one, two.\nI heard 0.5 seconds of silence.');
  });

  it('is described in order', async (t) => {
    const client = await talking(t);
    const content = [
      await imagePart(640, 480, JimpMime.jpeg),
      clipPart(toneOf(440, 2_000)),
      await imagePart(30, 20, JimpMime.png),
    ];
    client.say('', { content });
    commit(client, silenceOf(1_000));
    const expected = [
      ...['I see a picture of 640 by 480 pixels (JPEG).', TWO_SECONDS],
      ...['I see a picture of 30 by 20 pixels (PNG).', 'I heard 1.0 seconds of silence.'],
    ];
    assert.equal(await answerOf(client), expected.join(' '));
  });

  it('is not described again for the next message', async (t) => {
    const client = await talking(t);
    commit(client, toneOf(440, 2_000));
    assert.equal(await answerOf(client), TWO_SECONDS);
    client.say('count to 1');
    assert.equal(await answerOf(client), 'one.');
    commit(client, toneOf(1_000, 300));
    assert.match(await answerOf(client), /^I heard 0\.3 seconds .* 1000 Hz\.$/);
  });

  it('does not include what was cleared', async (t) => {
    const client = await talking(t);
    client.send({ type: 'input_audio_buffer.append', audio: base64(toneOf(880, 5_000)) });
    client.send({ type: 'input_audio_buffer.clear' });
    commit(client, toneOf(440, 2_000));
    assert.equal(await answerOf(client), TWO_SECONDS);
  });

  it('may have three minutes of audio', async (t) => {
    const client = await talking(t);
    const audio = toneOf(250, 180_000);
    for (const part of [0, 1]) {
      const half = audio.subarray((part * audio.length) / 2, ((part + 1) * audio.length) / 2);
      client.send({ type: 'input_audio_buffer.append', audio: base64(half) });
    }
    client.send({ type: 'input_audio_buffer.commit' });
    assert.equal(await answerOf(client), 'I heard 180.0 seconds of sound; its loudest tone is about 250 Hz.');
  });

  it('has no descriptions on the wire', async (t) => {
    const client = await talking(t);
    client.say('', { id: 'mine', content: [clipPart(toneOf(440, 200)), await imagePart(3, 2, JimpMime.png)] });
    client.send({ type: 'conversation.item.retrieve', item_id: 'mine' });
    const { item } = (await client.until('conversation.item.retrieved')) as { item: Json };
    assert.deepEqual(Object.keys(item).sort(), ['content', 'id', 'object', 'role', 'status', 'type']);
    assert.deepEqual((item['content'] as Json[])[0], { type: 'input_audio' });
  });
});

describe('the context of a message in several items', () => {
  async function contextAfter(
    t: TestContext,
    act: (client: Client) => void | Promise<void>,
  ): Promise<ResponderContext> {
    const script = scripted(['ok', 'ok']);
    const simulator = await simulate(script.responder);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    await act(client);
    client.send({ type: 'response.create' });
    await client.until('response.done');
    const context = script.contexts.at(-1);
    assert.ok(context);
    return context;
  }

  function replay(client: Client): void {
    const content = [{ type: 'input_text', text: `So far:\n${JSON.stringify(HISTORY)}` }];
    const item = { type: 'message', role: 'user', content };
    client.send({ type: 'conversation.item.create', previous_item_id: 'root', item });
  }

  it('includes all items', async (t) => {
    const context = await contextAfter(t, (client) => {
      client.say('listen');
      commit(client, toneOf(440, 2_000));
      commit(client, silenceOf(1_000));
    });
    assert.deepEqual([context.text, context.history], ['listen', []]);
    assert.deepEqual(context.clips, [
      { durationMs: 2_000, loudestHz: 439.9, levelDb: -13.5 },
      { durationMs: 1_000, loudestHz: undefined, levelDb: -96 },
    ]);
    assert.deepEqual(
      context.inputs.map(({ kind }) => kind),
      ['clip', 'clip'],
    );
  });

  it('does not include messages that were answered before', async (t) => {
    const context = await contextAfter(t, async (client) => {
      client.say('first');
      commit(client, toneOf(440, 500));
      client.send({ type: 'response.create' });
      await client.until('response.done');
      client.say('second');
    });
    assert.deepEqual([context.text, context.clips], ['second', []]);
    assert.deepEqual(context.history, [
      { role: 'user', text: 'first' },
      { role: 'user', text: '' },
      { role: 'assistant', text: 'ok' },
    ]);
  });

  it('does not include a replayed transcript, whichever is sent first', async (t) => {
    const after = await contextAfter(t, (client) => {
      client.say('listen');
      commit(client, toneOf(440, 500));
      replay(client);
    });
    assert.deepEqual([after.text, after.clips.length, after.history], ['listen', 1, HISTORY]);
    const before = await contextAfter(t, (client) => {
      replay(client);
      commit(client, toneOf(440, 500));
    });
    assert.deepEqual([before.text, before.clips.length, before.history], ['', 1, HISTORY]);
  });

  it('leaves out system items between them', async (t) => {
    const context = await contextAfter(t, (client) => {
      client.say('listen');
      client.say('note', { role: 'system' });
      commit(client, toneOf(440, 500));
    });
    assert.deepEqual([context.text, context.clips.length], ['listen', 1]);
    assert.deepEqual(context.history, [{ role: 'system', text: 'note' }]);
  });

  it('is the last message again if there is no new one', async (t) => {
    const context = await contextAfter(t, async (client) => {
      commit(client, toneOf(440, 500));
      client.send({ type: 'response.create' });
      await client.until('response.done');
    });
    assert.equal(context.clips.length, 1);
  });
});
