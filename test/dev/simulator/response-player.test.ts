import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../support/manual-clock.ts';
import { audioOf, begin, completed, type Json, joined, responseOf, SECOND, shape, simulate, spoken } from './client.ts';

const DELTA = 'response.output_audio.delta';
const WORDS = 'response.output_audio_transcript.delta';

describe('a spoken answer', () => {
  it('has its events in the order of the service', async (t) => {
    const simulator = await simulate([spoken('Hi')]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    assert.deepEqual(shape(await client.ask('hi')), [
      'response.created',
      'rate_limits.updated',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      WORDS,
      DELTA,
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
    ]);
    await client.nothingElse();
  });

  it('has audio deltas of a quarter of a second, with the words spread over them', async (t) => {
    const simulator = await simulate([spoken('one two three four five six')]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi');
    assert.deepEqual(audioOf(events), Buffer.from(SECOND));
    assert.equal(joined(events, WORDS), 'one two three four five six');
    assert.deepEqual(
      events
        .filter(({ type }) => type === DELTA || type === WORDS)
        .map(({ type, delta }) => (type === DELTA ? 12_000 : delta)),
      ['one', ' two', 12_000, ' three', 12_000, ' four', ' five', 12_000, ' six', 12_000],
    );
  });

  it('has one response id and one item id, and the previous item', async (t) => {
    const simulator = await simulate([spoken('Hi')]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    client.say('hi', { id: 'mine' });
    client.send({ type: 'response.create' });
    await client.until('conversation.item.done');
    const events = await client.through('response.done');
    const response = responseOf(events);
    const [output] = response['output'] as Json[];
    const deltas = events.filter(({ type }) => type === DELTA || type === WORDS);
    for (const delta of deltas) {
      assert.deepEqual(
        [delta['response_id'], delta['item_id'], delta['output_index'], delta['content_index']],
        [response['id'], output?.['id'], 0, 0],
      );
    }
    const added = events.find(({ type }) => type === 'conversation.item.added');
    assert.equal(added?.['previous_item_id'], 'mine');
  });

  it('ends with the whole response, without audio and with its usage', async (t) => {
    const simulator = await simulate([spoken('four words of text')]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const response = responseOf(await client.ask('hi'));
    assert.deepEqual([response['status'], response['status_details']], ['completed', null]);
    const [item] = response['output'] as Json[];
    assert.deepEqual(item?.['content'], [{ type: 'output_audio', transcript: 'four words of text' }]);
    const usage = response['usage'] as Json;
    assert.deepEqual(usage['output_token_details'], { text_tokens: 5, audio_tokens: 20 });
  });

  it('uses the voice if the script has no audio', async (t) => {
    const simulator = await simulate([completed('0123456789')]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    assert.equal(audioOf(await client.ask('hi')).length, 0.6 * 48_000);
  });

  it('has no transcript events if the script turns them off', async (t) => {
    const simulator = await simulate([
      { outputs: [{ text: 'x', pcm: SECOND, transcript: false }], ending: { kind: 'completed' } },
    ]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi');
    assert.ok(!JSON.stringify(events).includes('transcript'));
    assert.equal(audioOf(events).length, SECOND.length);
  });

  it('has a transcript without audio if the audio is empty', async (t) => {
    const simulator = await simulate([
      { outputs: [{ text: 'words alone', pcm: new Uint8Array() }], ending: { kind: 'completed' } },
    ]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi');
    assert.equal(joined(events, WORDS), 'words alone');
    assert.equal(audioOf(events).length, 0);
  });

  it('has several items in order, each in its own modality', async (t) => {
    const simulator = await simulate([
      {
        outputs: [
          { text: 'first', pcm: SECOND },
          { text: 'second one', modality: 'text' },
        ],
        ending: { kind: 'completed' },
      },
    ]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi');
    assert.equal(joined(events, 'response.output_text.delta'), 'second one');
    const text = events.find(({ type }) => type === 'response.output_text.done');
    assert.equal(text?.['output_index'], 1);
    const output = responseOf(events)['output'] as Json[];
    assert.deepEqual(
      output.map(({ content }) => content),
      [[{ type: 'output_audio', transcript: 'first' }], [{ type: 'output_text', text: 'second one' }]],
    );
  });

  it('waits between deltas by the clock', async (t) => {
    const clock = new ManualClock();
    const simulator = await simulate([spoken('Hi')], { clock, paceMs: 40 });
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await client.until('response.content_part.added');
    for (let piece = 0; piece < 4; piece++) {
      await client.nothingElse();
      await clock.advance(39);
      await client.nothingElse();
      await clock.advance(1);
      await client.until(DELTA);
    }
    await client.until('response.done');
  });
});

describe('a written answer', () => {
  it('has one delta for each word, in the order of the service', async (t) => {
    const simulator = await simulate(['two words']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi', { output_modalities: ['text'] });
    assert.deepEqual(shape(events), [
      'response.created',
      'rate_limits.updated',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
    ]);
    assert.equal(joined(events, 'response.output_text.delta'), 'two words');
    const response = responseOf(events);
    assert.deepEqual(response['output_modalities'], ['text']);
    assert.deepEqual((response['output'] as Json[])[0]?.['content'], [{ type: 'output_text', text: 'two words' }]);
  });
});

describe('max_output_tokens', () => {
  it('cuts text and audio at the same place, and the response is incomplete', async (t) => {
    // 20 characters are 5 tokens, one second is 20: half of 25 is allowed.
    const simulator = await simulate([spoken('aaaa bbbb cccc dddd.')]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const events = await client.ask('hi', { max_output_tokens: 12 });
    const response = responseOf(events);
    assert.equal(joined(events, WORDS), 'aaaa');
    assert.deepEqual(audioOf(events), Buffer.from(SECOND.subarray(0, 48_000 * (12 / 25))));
    assert.equal(response['status'], 'incomplete');
    assert.deepEqual(response['status_details'], { type: 'incomplete', reason: 'max_output_tokens' });
    const [item] = response['output'] as Json[];
    assert.deepEqual(
      [item?.['status'], item?.['content']],
      ['incomplete', [{ type: 'output_audio', transcript: 'aaaa' }]],
    );
  });

  it('limits all items together', async (t) => {
    const output = { text: 'aaaa', pcm: SECOND };
    const simulator = await simulate([{ outputs: [output, output, output], ending: { kind: 'completed' } }]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const response = responseOf(await client.ask('hi', { max_output_tokens: 21 }));
    assert.equal((response['output'] as Json[]).length, 1);
    assert.equal(response['status'], 'incomplete');
  });

  it('changes nothing if the answer is short enough', async (t) => {
    const simulator = await simulate([spoken('aaaa')]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    assert.equal(responseOf(await client.ask('hi', { max_output_tokens: 21 }))['status'], 'completed');
  });
});

describe('a scripted response', () => {
  it('is held after response.created until its gate resolves', async (t) => {
    const gate = Promise.withResolvers<void>();
    const simulator = await simulate([completed('Hi', { gate: gate.promise })]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await client.until('rate_limits.updated');
    await client.nothingElse();
    gate.resolve();
    await client.until('response.done');
  });

  it('waits for its delay before the first delta', async (t) => {
    const clock = new ManualClock();
    const simulator = await simulate([completed('Hi', { delayMs: 4_000 })], { clock });
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    begin(client);
    await client.until('rate_limits.updated');
    await clock.advance(3_999);
    await client.nothingElse();
    await clock.advance(1);
    await client.until('response.done');
  });

  it('sends extra frames, even malformed ones, at three places', async (t) => {
    const frames = [
      { at: 'beforeCreated', data: '{broken' },
      { at: 'start', data: { type: 'response.unheard_of' } },
      { at: 'end', data: 'not json' },
    ] as const;
    const seen: unknown[] = [];
    const simulator = await simulate([completed('Hi', { frames })], {
      onEvent: (from, { type }) => seen.push(`${from} ${type}`),
    });
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = await simulator.connect();
    const closed = client.closed();
    begin(client);
    const all = await new Promise<string[]>((resolve) => {
      client.socket.on('message', (data) => String(data).includes('response.done') && resolve(client.types()));
    });
    assert.deepEqual(all.slice(3, 7), ['{broken', 'response.created', 'rate_limits.updated', 'response.unheard_of']);
    assert.deepEqual(all.slice(-2), ['not json', 'response.done']);
    assert.ok(seen.includes('server response.unheard_of'));
    client.socket.terminate();
    await closed;
  });
});
