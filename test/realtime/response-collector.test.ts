import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect, hasDelta, LOST, newCollector, plain } from './collecting.ts';
import * as wire from './server-events.ts';

describe('the response collector', () => {
  it('joins transcript and audio of a completed response', () => {
    const { outcome, steps, collector } = collect(
      wire.created(),
      wire.transcriptDelta('Hi '),
      wire.audioDelta([1, 2]),
      wire.transcriptDelta('there'),
      wire.audioDelta([3, 4]),
      wire.done({ usage: { output_token_details: { audio_tokens: 7 } } }),
    );
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'Hi there', bytes: [1, 2, 3, 4] });
    assert.deepEqual(steps, ['alive', 'alive', 'alive', 'alive', 'alive', 'ended']);
    assert.ok(outcome !== undefined);
    const { responseId, usage } = collector.result(outcome, true);
    assert.deepEqual([responseId, hasDelta(collector), usage.audio.out], ['resp_1', true, 7]);
  });

  it('puts several output items in their order, however they arrive', () => {
    const first = { item: 'item_b', output: 0 };
    const second = { item: 'item_a', output: 1 };
    const { outcome } = collect(
      wire.created(),
      wire.transcriptDelta('And ', second),
      wire.audioDelta([3, 4], second),
      wire.transcriptDelta('Let me ', first),
      wire.audioDelta([1, 2], first),
      wire.transcriptDelta('now.', second),
      wire.transcriptDelta('see.', first),
      wire.audioDelta([5, 6], second),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'Let me see.\n\nAnd now.', bytes: [1, 2, 3, 4, 5, 6] });
  });

  it('puts the parts of one item in their order', () => {
    const { outcome } = collect(
      wire.created(),
      wire.transcriptDelta('two', { content: 1 }),
      wire.audioDelta([1, 2], { content: 1 }),
      wire.transcriptDelta('one', { content: 0 }),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'onetwo', bytes: [1, 2] });
  });

  it('drops half a sample at the end of an item, so that the next item keeps its samples', () => {
    const { outcome } = collect(
      wire.created(),
      wire.audioDelta([1, 2, 9], { item: 'item_1', output: 0 }),
      wire.audioDelta([3, 4], { item: 'item_2', output: 1 }),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: '', bytes: [1, 2, 3, 4] });
  });

  it('joins samples that are cut between two deltas', () => {
    const { outcome } = collect(wire.created(), wire.audioDelta([1, 2, 3]), wire.audioDelta([4]), wire.done());
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: '', bytes: [1, 2, 3, 4] });
  });

  it('takes the final transcript instead of the deltas', () => {
    const { outcome } = collect(
      wire.created(),
      wire.transcriptDelta('Hi ther'),
      wire.audioDelta([1, 2]),
      wire.transcriptDone('Hi there!'),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'Hi there!', bytes: [1, 2] });
  });

  it('prefers the transcript of response.done to all earlier ones, and uses it once', () => {
    const { outcome } = collect(
      wire.created(),
      wire.transcriptDelta('Hi'),
      wire.audioDelta([1, 2]),
      wire.transcriptDone('Hi th'),
      wire.done({ output: [wire.outputItem('Hi there.')] }),
    );
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'Hi there.', bytes: [1, 2] });
  });

  it('takes the transcript of response.done if no other arrived, in preview parts too', () => {
    for (const type of ['output_audio', 'audio']) {
      const output = [wire.outputItem('Hi there', { type })];
      const { outcome } = collect(wire.created(), wire.audioDelta([1, 2]), wire.done({ output }));
      assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'Hi there', bytes: [1, 2] });
    }
  });

  it('does not repeat what response.done has in an item without an id', () => {
    const output = [{ type: 'message', role: 'assistant', content: [{ type: 'output_audio', transcript: 'Hi' }] }];
    const { outcome } = collect(wire.created(), wire.transcriptDelta('Hi'), wire.done({ output }));
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'Hi' });
  });

  it('keeps the deltas if the final transcript is empty', () => {
    const { outcome } = collect(
      wire.created(),
      wire.transcriptDelta('Hi'),
      wire.audioDelta([1, 2]),
      wire.transcriptDone(''),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: 'Hi', bytes: [1, 2] });
  });

  it('counts audio that comes after output_audio.done', () => {
    const { outcome } = collect(
      wire.created(),
      wire.audioDelta([1, 2]),
      wire.audioDone(),
      wire.audioDelta([3, 4]),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: '', bytes: [1, 2, 3, 4] });
  });

  it('results in textOnly for text instead of speech', () => {
    const { outcome } = collect(wire.created(), wire.textDelta('Just '), wire.textDelta('text'), wire.done());
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'Just text' });
  });

  it('results in speech without text if there is audio and no transcript', () => {
    const { outcome } = collect(wire.created(), wire.audioDelta([1, 2]), wire.done());
    assert.deepEqual(plain(outcome), { kind: 'spoken', text: '', bytes: [1, 2] });
  });

  it('fails as empty if there is neither text nor audio', () => {
    for (const nothing of [[], [wire.transcriptDelta(' \n')], [wire.audioDelta([])], [wire.audioDelta([1])]]) {
      const { outcome } = collect(wire.created(), ...nothing, wire.done());
      assert.deepEqual(plain(outcome), { kind: 'failed', code: 'empty_response' });
    }
  });

  it('accepts response.done of its turn without response.created', () => {
    const { outcome } = collect(wire.done({ output: [wire.outputItem('Hi')] }));
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'Hi' });
  });
});

describe('the response collector among other traffic', () => {
  it('ignores deltas and the end of another response', () => {
    const { outcome, steps } = collect(
      wire.created(),
      wire.transcriptDelta('foreign', { response: 'resp_2' }),
      wire.transcriptDone('foreign', { response: 'resp_2' }),
      wire.audioDelta([9, 9], { response: 'resp_2' }),
      wire.audioDone({ response: 'resp_2' }),
      wire.done({ response: 'resp_2', turn: 'turn-2' }),
      wire.done({ response: 'resp_2', turn: null }),
      wire.transcriptDelta('ours'),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'ours' });
    assert.deepEqual(steps.slice(1, 7), Array(6).fill('ignored'));
  });

  it('ignores a response of another turn, announced before or after its own', () => {
    const foreign = wire.created({ response: 'resp_2', turn: 'turn-2' });
    const { outcome, steps } = collect(foreign, wire.created(), foreign, wire.textDelta('ours'), wire.done());
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'ours' });
    assert.deepEqual(steps, ['ignored', 'alive', 'ignored', 'alive', 'ended']);
  });

  it('follows the first response that names its turn', () => {
    const { outcome } = collect(
      wire.created(),
      wire.textDelta('ours'),
      wire.created({ response: 'resp_2' }),
      wire.textDelta('again', { response: 'resp_2' }),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'ours' });
  });

  it('accepts a response without metadata', () => {
    const { outcome, collector } = collect(
      wire.created({ response: 'resp_9', turn: null }),
      wire.textDelta('ours', { response: 'resp_9' }),
      wire.done({ response: 'resp_9', turn: null }),
    );
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'ours' });
    assert.equal(collector.responseId, 'resp_9');
  });

  it('replaces a response without metadata by the one that names its turn', () => {
    const { outcome, steps, collector } = collect(
      wire.created({ response: 'resp_9', turn: null }),
      wire.created(),
      wire.created({ response: 'resp_8', turn: null }),
      wire.textDelta('foreign', { response: 'resp_9' }),
      wire.done({ response: 'resp_9', turn: null }),
      wire.textDelta('ours'),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'ours' });
    assert.deepEqual(steps, ['alive', 'alive', 'ignored', 'ignored', 'ignored', 'alive', 'ended']);
    assert.equal(collector.responseId, 'resp_1');
  });

  it('drops the deltas of a response without metadata when its own comes', () => {
    const { outcome, collector } = collect(
      wire.created({ response: 'resp_9', turn: null }),
      wire.transcriptDelta('foreign', { response: 'resp_9', item: 'item_9' }),
      wire.audioDelta([9, 9], { response: 'resp_9', item: 'item_9' }),
      wire.created(),
    );
    assert.equal(outcome, undefined);
    assert.deepEqual(plain(collector.endedBy(LOST)), { kind: 'failed', code: 'connection_lost' });
    assert.equal(hasDelta(collector), false);
  });

  it('is not ended by a broken event of another response', () => {
    const { outcome } = collect(
      wire.created(),
      { type: 'response.output_text.delta', response_id: 'resp_other', delta: 'x' },
      { type: 'response.done', response: { id: 'resp_other' } },
      wire.textDelta('ours'),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'ours' });
  });

  it('ignores events that it does not know', () => {
    const { outcome, steps } = collect(
      { type: 'session.updated', session: {} },
      wire.created(),
      { type: 'rate_limits.updated', rate_limits: [] },
      { type: 'conversation.item.added', item: {} },
      { type: 'something.new', anything: true },
      wire.textDelta('ours'),
      wire.done(),
    );
    assert.deepEqual(plain(outcome), { kind: 'textOnly', text: 'ours' });
    assert.deepEqual(steps, ['ignored', 'alive', 'ignored', 'ignored', 'ignored', 'alive', 'ended']);
  });

  it('treats unknown events of its response as a sign of life', () => {
    const { steps } = collect(
      { type: 'response.something.new', response_id: 'resp_1' },
      wire.created(),
      { type: 'response.something.new', response_id: 'resp_1' },
      { type: 'response.something.new', response_id: 'resp_2' },
    );
    assert.deepEqual(steps, ['ignored', 'alive', 'alive', 'ignored']);
  });
});

describe('an abandoned response', () => {
  it('fails with the reason before the first delta', () => {
    const { collector } = collect(wire.created(), { type: 'response.output_item.added', response_id: 'resp_1' });
    assert.deepEqual(plain(collector.endedBy(LOST)), { kind: 'failed', code: 'connection_lost' });
    assert.equal(hasDelta(collector), false);
    assert.deepEqual(plain(newCollector().endedBy(LOST)), { kind: 'failed', code: 'connection_lost' });
  });

  it('keeps what has arrived', () => {
    const { collector } = collect(wire.created(), wire.transcriptDelta('Once upon'), wire.audioDelta([1, 2, 3]));
    const lost = { kind: 'cutShort', why: 'lost', text: 'Once upon', bytes: [1, 2] };
    assert.deepEqual(plain(collector.endedBy(LOST)), lost);
    assert.equal(hasDelta(collector), true);
  });

  it('keeps audio without text', () => {
    const { collector } = collect(wire.created(), wire.audioDelta([1, 2]));
    assert.deepEqual(plain(collector.endedBy(LOST)), { kind: 'cutShort', why: 'lost', text: '', bytes: [1, 2] });
  });
});
