import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventLines, outcomeLines, texts } from '../../dev/chat/chat-texts.ts';
import { TURN_ERRORS, TurnError, type TurnErrorCode } from '../../src/errors.ts';

const at = { responseId: 'resp', itemId: 'item', outputIndex: 0, contentIndex: 0 };
const pcm = { chunks: [], byteLength: 0 };
const model = { kind: 'openai', baseUrl: 'https://api.openai.com/v1', model: 'gpt-realtime', apiKey: 'key' } as const;

describe('what the chat prints for an event', () => {
  it('is the text of a delta, without control characters', () => {
    const text = 'a\x1b[2Jb\u009b1mc\x07\n\td é 🎈';
    assert.deepEqual(eventLines({ kind: 'textDelta', at, text, isSpoken: true }), [
      'Received text delta: a[2Jb1mc\n\td é 🎈',
    ]);
  });

  it('is the number of bytes of audio', () => {
    const audio = Buffer.alloc(4_801);
    assert.deepEqual(eventLines({ kind: 'audioDelta', at, audio }), ['Received 4801 bytes of audio data.']);
  });

  it('is the code, the event and the message of an error, even if the service omits them', () => {
    const error = { type: 'server_error', code: 'oops', message: 'Sorry.' };
    assert.deepEqual(eventLines({ kind: 'error', error, eventId: 'evt_1' }), [
      'Received an error event.',
      'Error code: oops',
      'Error Event ID: evt_1',
      'Error message: Sorry.',
    ]);
    assert.deepEqual(eventLines({ kind: 'error', error: { type: '', code: '', message: '' }, eventId: undefined }), [
      'Received an error event.',
      'Error code: none',
      'Error Event ID: none',
      'Error message: none',
    ]);
  });

  it('is nothing for all other events', () => {
    assert.deepEqual(eventLines({ kind: 'textDone', at, text: 'again' }), []);
    assert.deepEqual(
      eventLines({ kind: 'session', isUpdate: false, sessionId: 'sess', expiresAtMs: undefined, voice: undefined }),
      [],
    );
  });
});

describe('what the chat prints for the end of a turn', () => {
  it('is nothing for a complete answer', () => {
    assert.deepEqual(outcomeLines({ kind: 'spoken', text: 'a', pcm }, model), []);
    assert.deepEqual(outcomeLines({ kind: 'textOnly', text: 'a' }, model), []);
  });

  for (const code of Object.keys(TURN_ERRORS) as TurnErrorCode[]) {
    it(`is one line with what to do for ${code}`, () => {
      const [line = '', ...others] = outcomeLines({ kind: 'failed', error: new TurnError(code, 'it\nbroke') }, model);
      assert.deepEqual(others, []);
      assert.match(line, new RegExp(`^There is no answer \\(${code}\\): it broke\\. [A-Z][^\n]+\\.$`));
    });
  }

  it('includes the error code of the system, at any depth of causes', () => {
    const system = Object.assign(new Error('getaddrinfo ENOTFOUND host'), { code: 'ENOTFOUND' });
    const cause = new Error('could not connect', { cause: system });
    const error = new TurnError('service_unavailable', 'it failed', { cause });
    const [line] = outcomeLines({ kind: 'failed', error }, model);
    assert.match(line ?? '', /: it failed \(ENOTFOUND\)\. /);
  });

  it('is the reason if the answer ended early', () => {
    const early = (why: 'length' | 'filter' | 'cancelled' | 'lost', error?: TurnError) =>
      outcomeLines({ kind: 'cutShort', text: 'a', pcm, why, ...(error === undefined ? {} : { error }) }, model).join();
    assert.match(early('length'), /^The answer ends early \(length\): .* go on\.$/);
    assert.match(early('filter'), /filter.*another way\.$/);
    assert.match(early('cancelled'), /cancelled\.$/);
    assert.match(early('lost'), /the connection broke\. Ask again/);
    assert.match(early('lost', new TurnError('turn_timeout', 'too slow')), /too slow\. Ask again/);
  });
});

describe('the texts of the chat', () => {
  it('give times in seconds', () => {
    assert.equal(texts.wavWritten('a.wav', 1_249), '1.2 seconds of audio are in a.wav.');
    assert.equal(texts.audio(5_849, undefined), '5.8 s of audio');
    assert.equal(texts.audio(5_849, 'a.wav'), '5.8 s of audio, in a.wav');
    assert.match(texts.retry(375), / in 0\.4 seconds /);
  });
});
