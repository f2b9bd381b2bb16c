import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TURN_RETRY, type TurnErrorCode } from '../src/errors.ts';
import { apology, cutShortNote, wording } from '../src/wording.ts';

describe('wording', () => {
  for (const code of Object.keys(TURN_RETRY) as TurnErrorCode[]) {
    it(`tells the user something kind and short for ${code}, with the incident`, () => {
      const text = apology(code, '1a2b3c4d');
      assert.match(text, /1a2b3c4d/);
      assert.ok(text.length < 180, text);
      assert.doesNotMatch(text, /error|exception|undefined|_/i);
      assert.match(text, /please/i);
    });
  }

  it('says why an answer ends, except to the one who stopped it', () => {
    assert.equal(cutShortNote('cancelled'), '');
    for (const why of ['length', 'lost', 'filter'] as const) assert.match(cutShortNote(why), /ask/i);
  });

  it('names the bound of a message', () => {
    assert.match(wording.textTooLong(20_000), /20,000/);
  });
});
