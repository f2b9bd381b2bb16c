import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readServerEvent, type ServerEvent } from '../../src/realtime/server-event.ts';
import { NO_TOKENS } from '../../src/token-usage.ts';
import * as wire from './server-events.ts';

const read = (event: wire.WireEvent): ServerEvent => readServerEvent(event);

const AT = { responseId: 'resp_1', itemId: 'item_1', outputIndex: 0, contentIndex: 0 };

/** The response of a `response.done` that can be read. */
function finalOf(event: wire.WireEvent) {
  const final = read(event);
  assert.ok(final.kind === 'responseDone', `it was read as ${final.kind}`);
  return final.response;
}

const NOTHING_TOLD = {
  kind: 'session',
  isUpdate: false,
  sessionId: undefined,
  expiresAtMs: undefined,
  voice: undefined,
} as const;

describe('the parser of server events', () => {
  it('reads the id and the end of a session, in milliseconds', () => {
    for (const type of ['session.created', 'session.updated']) {
      const event = { type, session: { id: 'sess_1', expires_at: 1_800_000_000 } };
      assert.deepEqual(read(event), {
        kind: 'session',
        isUpdate: type === 'session.updated',
        sessionId: 'sess_1',
        expiresAtMs: 1_800_000_000_000,
        voice: undefined,
      });
    }
  });

  it('reads a session without an end, or with an invalid one', () => {
    for (const expires_at of [undefined, null, 0, -1, 'soon']) {
      const event = read({ type: 'session.created', session: { id: 'sess_1', expires_at } });
      assert.deepEqual(event, { ...NOTHING_TOLD, sessionId: 'sess_1' });
    }
    const empty = read({ type: 'session.created' });
    assert.deepEqual(empty, NOTHING_TOLD);
  });

  it('reads the voice of a session if it is a string', () => {
    for (const [voice, expected] of [
      ['marin', 'marin'],
      [5, undefined],
    ]) {
      const event = { type: 'session.updated', session: { audio: { output: { voice } } } };
      assert.deepEqual(read(event), { ...NOTHING_TOLD, isUpdate: true, voice: expected });
    }
  });

  it('reads the turn of a new response from its metadata', () => {
    const event = read(wire.created());
    assert.deepEqual(event, { kind: 'responseCreated', responseId: 'resp_1', responseName: 'turn-1' });
    for (const metadata of [undefined, null, {}, { turn: 5 }, 'turn-1']) {
      const event = { type: 'response.created', response: { id: 'resp_2', metadata } };
      assert.deepEqual(read(event), { kind: 'responseCreated', responseId: 'resp_2', responseName: undefined });
    }
  });

  it('distinguishes transcripts and text', () => {
    assert.deepEqual(read(wire.transcriptDelta('Hi')), { kind: 'textDelta', at: AT, text: 'Hi', isSpoken: true });
    assert.deepEqual(read(wire.textDelta('Hi')), { kind: 'textDelta', at: AT, text: 'Hi', isSpoken: false });
    assert.deepEqual(read(wire.transcriptDone('Hi')), { kind: 'textDone', at: AT, text: 'Hi' });
    assert.deepEqual(read(wire.textDone('Hi')), { kind: 'textDone', at: AT, text: 'Hi' });
  });

  it('decodes audio', () => {
    const event = read(wire.audioDelta([1, 2, 255]));
    assert.deepEqual(event, { kind: 'audioDelta', at: AT, audio: Buffer.from([1, 2, 255]) });
  });

  it('reads the position of a delta', () => {
    const event = read(wire.textDelta('x', { response: 'resp_2', item: 'item_7', output: 3, content: 1 }));
    const at = { responseId: 'resp_2', itemId: 'item_7', outputIndex: 3, contentIndex: 1 };
    assert.deepEqual(event, { kind: 'textDelta', at, text: 'x', isSpoken: false });
  });

  it('reads missing and invalid indexes as 0', () => {
    for (const index of [undefined, null, -1, 1.5, '2']) {
      const event = read({ ...wire.textDelta('x'), output_index: index, content_index: index });
      assert.deepEqual(event, { kind: 'textDelta', at: AT, text: 'x', isSpoken: false });
    }
  });

  it('reads every other event of a response as one of its signs of life', () => {
    const types = ['response.output_item.added', 'response.content_part.done', 'response.output_audio.done'];
    for (const type of [...types, 'response.something.new']) {
      assert.deepEqual(read({ type, response_id: 'resp_1' }), { kind: 'other', type, responseId: 'resp_1' });
    }
  });

  it('names events of the preview protocol, and reads nothing from them', () => {
    for (const type of ['response.text.delta', 'response.audio.delta', 'response.audio_transcript.done']) {
      const event = { ...wire.textDelta('x'), type };
      assert.deepEqual(read(event), { kind: 'preview', type, responseId: 'resp_1' });
    }
    const shapes = [{ id: 'sess_1', modalities: ['audio', 'text'], voice: 'alloy' }, { input_audio_format: 'pcm16' }];
    for (const type of ['session.created', 'session.updated']) {
      for (const session of shapes)
        assert.deepEqual(read({ type, session }), { kind: 'preview', type, responseId: undefined });
    }
  });

  it('reads everything else as other', () => {
    const types = ['rate_limits.updated', 'conversation.item.added', 'input_audio_buffer.speech_started', 'brand.new'];
    for (const type of types) assert.deepEqual(read({ type }), { kind: 'other', type, responseId: undefined });
  });

  it('reads an error with the id of its client event', () => {
    const error = { type: 'invalid_request_error', code: 'invalid_value', message: 'Bad voice' };
    assert.deepEqual(read(wire.errorEvent(error, 'evt_1')), { kind: 'error', error, eventId: 'evt_1' });
    assert.deepEqual(read(wire.errorEvent(error, null)), { kind: 'error', error, eventId: undefined });
  });

  it('reads the field that an error names', () => {
    const event = read(wire.errorEvent({ param: 'session.voice' }));
    assert.equal(event.kind === 'error' && event.error.param, 'session.voice');
  });

  it('reads an error without fields as an empty one', () => {
    const error = { type: '', code: '', message: '' };
    for (const event of [{ type: 'error' }, { type: 'error', error: null }, { type: 'error', error: 'broken' }]) {
      assert.deepEqual(read(event), { kind: 'error', error, eventId: undefined });
    }
  });

  const malformed: Record<string, wire.WireEvent> = {
    'response.created without a response': { type: 'response.created' },
    'response.created without an id': { type: 'response.created', response: { status: 'in_progress' } },
    'response.created with an empty id': wire.created({ response: '' }),
    'a text delta without text': { ...wire.textDelta('x'), delta: undefined },
    'a text delta with a number': { ...wire.textDelta('x'), delta: 5 },
    'a transcript delta without its response': { ...wire.transcriptDelta('x'), response_id: undefined },
    'a transcript without its item': { ...wire.transcriptDone('x'), item_id: null },
    'a transcript.done without transcript': { ...wire.transcriptDone('x'), transcript: null },
    'audio without bytes': { ...wire.audioDelta([1]), delta: null },
    'audio without its response': { ...wire.audioDelta([1]), response_id: 7 },
    'response.done without a response': { type: 'response.done', response: null },
    'response.done without a status': { type: 'response.done', response: { id: 'resp_1' } },
    'response.done without an id': { type: 'response.done', response: { status: 'completed' } },
  };
  for (const [name, event] of Object.entries(malformed)) {
    it(`reports ${name} as malformed`, () => {
      const { kind, type } = { type: '', ...read(event) };
      assert.deepEqual({ kind, type }, { kind: 'malformed', type: event.type });
    });
  }
});

describe('the parser of response.done', () => {
  it('reads a completed response', () => {
    const usage = { total_tokens: 9, output_token_details: { text_tokens: 4, audio_tokens: 20 } };
    const final = finalOf(wire.done({ output: [wire.outputItem('Hi there')], usage }));
    assert.deepEqual(final, {
      responseId: 'resp_1',
      responseName: 'turn-1',
      status: 'completed',
      reason: undefined,
      error: undefined,
      texts: [{ at: AT, text: 'Hi there' }],
      calls: [],
      usage: { ...NO_TOKENS, text: { in: 0, cached: 0, out: 4 }, audio: { in: 0, cached: 0, out: 20 } },
    });
  });

  it('accepts a response without usage', () => {
    for (const usage of [undefined, null, {}, { output_token_details: null }, 'none']) {
      assert.equal(finalOf(wire.done({ usage })).usage, undefined);
    }
  });

  it('reads the transcript of GA and of preview parts', () => {
    for (const type of ['output_audio', 'audio']) {
      const { texts } = finalOf(wire.done({ output: [wire.outputItem('Hi', { type })] }));
      assert.deepEqual(texts, [{ at: AT, text: 'Hi' }]);
    }
  });

  it('reads the text of text parts, each at its position', () => {
    const output = [
      { id: 'item_1', type: 'message', content: [{ type: 'output_text', text: 'one' }] },
      { id: 'item_2', type: 'function_call', arguments: '{}' },
      { id: 'item_3', type: 'message', content: [{ type: 'text', text: 'two' }, { type: 'audio' }, { text: 'three' }] },
    ];
    const { texts } = finalOf(wire.done({ output }));
    assert.deepEqual(
      texts.map(({ at, text }) => [at.itemId, at.outputIndex, at.contentIndex, text]),
      [
        ['item_1', 0, 0, 'one'],
        ['item_3', 2, 0, 'two'],
        ['item_3', 2, 2, 'three'],
      ],
    );
  });

  it('accepts a response without output', () => {
    for (const output of [undefined, null, 'none', [null], [{ id: 'item_1', content: 'none' }]]) {
      const event = { type: 'response.done', response: { id: 'resp_1', status: 'failed', output } };
      assert.deepEqual(finalOf(event).texts, []);
    }
  });

  it('reads reason and error of the status details', () => {
    const incomplete = { type: 'incomplete', reason: 'max_output_tokens' };
    assert.equal(finalOf(wire.done({ status: 'incomplete', details: incomplete })).reason, 'max_output_tokens');
    const error = { type: 'server_error', code: 'oops', message: 'Sorry' };
    assert.deepEqual(finalOf(wire.done(wire.failedBy(error))).error, error);
  });

  it('reads status details that are a string as the reason', () => {
    const final = finalOf(wire.done({ status: 'incomplete', details: 'content_filter' }));
    assert.equal(final.reason, 'content_filter');
    assert.equal(final.error, undefined);
  });
});
