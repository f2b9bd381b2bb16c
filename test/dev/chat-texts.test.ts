import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventLines, outcomeLines, texts } from '../../dev/chat/chat-texts.ts';
import { TURN_RETRY, TurnError, type TurnErrorCode } from '../../src/errors.ts';

const at = { responseId: 'resp', itemId: 'item', outputIndex: 0, contentIndex: 0 };
const pcm = { chunks: [], byteLength: 0 };

describe('what the chat prints of an event', () => {
  it('is the text of a delta, without what would steer the terminal', () => {
    const text = 'a\x1b[2Jb\u009b1mc\x07\n\td é 🎈';
    assert.deepEqual(eventLines({ kind: 'textDelta', at, text, isSpoken: true }), [
      'Received text delta: a[2Jb1mc\n\td é 🎈',
    ]);
  });

  it('is the number of bytes of audio', () => {
    const audio = Buffer.alloc(4_801);
    assert.deepEqual(eventLines({ kind: 'audioDelta', at, audio }), ['Received 4801 bytes of audio data.']);
  });

  it('is the code, the event and the message of an error, also where the service left them out', () => {
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

  it('is nothing of all others', () => {
    assert.deepEqual(eventLines({ kind: 'textDone', at, text: 'again' }), []);
    assert.deepEqual(
      eventLines({ kind: 'session', isUpdate: false, sessionId: 'sess', expiresAtMs: undefined, voice: undefined }),
      [],
    );
  });
});

describe('what the chat prints of the end of a turn', () => {
  it('is nothing of a good one', () => {
    assert.deepEqual(outcomeLines({ kind: 'spoken', text: 'a', pcm }), []);
    assert.deepEqual(outcomeLines({ kind: 'textOnly', text: 'a' }), []);
  });

  for (const code of Object.keys(TURN_RETRY) as TurnErrorCode[]) {
    it(`is one line with what to do for ${code}`, () => {
      const [line = '', ...others] = outcomeLines({ kind: 'failed', error: new TurnError(code, 'it\nbroke') });
      assert.deepEqual(others, []);
      assert.match(line, new RegExp(`^There is no answer \\(${code}\\): it broke\\. [A-Z][^\n]+\\.$`));
    });
  }

  it('names what the system said, however deep it stands', () => {
    const system = Object.assign(new Error('getaddrinfo ENOTFOUND host'), { code: 'ENOTFOUND' });
    const cause = new Error('could not connect', { cause: system });
    const [line] = outcomeLines({
      kind: 'failed',
      error: new TurnError('service_unavailable', 'it failed', { cause }),
    });
    assert.match(line ?? '', /: it failed \(ENOTFOUND\)\. /);
  });

  it('is the reason why an answer ends early', () => {
    const early = (why: 'length' | 'filter' | 'cancelled' | 'lost', error?: TurnError) =>
      outcomeLines({ kind: 'cutShort', text: 'a', pcm, why, ...(error === undefined ? {} : { error }) }).join();
    assert.match(early('length'), /^The answer ends early \(length\): .* go on\.$/);
    assert.match(early('filter'), /filter.*another way\.$/);
    assert.match(early('cancelled'), /cancelled\.$/);
    assert.match(early('lost'), /the connection broke\. Ask again/);
    assert.match(early('lost', new TurnError('turn_timeout', 'too slow')), /too slow\. Ask again/);
  });
});

describe('what the chat says of itself', () => {
  it('counts in seconds', () => {
    assert.equal(texts.wavWritten('a.wav', 1_249), '1.2 seconds of audio are in a.wav.');
    assert.match(texts.retry(375), / in 0\.4 seconds /);
  });
});
