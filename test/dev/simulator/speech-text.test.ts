import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { speechText } from '../../../dev/simulator/speech-text.ts';

describe('speechText', () => {
  const cases: readonly [string, string][] = [
    ['plain words, as they are.', 'plain words, as they are.'],
    ['**bold** and _not_ `code`', 'bold and not code'],
    ['# Title\n- one\n- two', 'Title\none\ntwo'],
    ['see [the page](https://example.com/a?b=c)', 'see the page'],
    ['Hi 👋🏽 👩‍💻!', 'Hi !'],
    ['a <b & c> d', 'a less than b and c greater than d'],
    ['-v de --stdout', '-v de --stdout'],
    ['cut\u0000off', 'cut off'],
    ['half \ud83d pair', 'half pair'],
    ['', ''],
    ['😀', ''],
    ['Grüße, 你好, שלום', 'Grüße, 你好, שלום'],
  ];
  for (const [text, spoken] of cases) {
    it(JSON.stringify(text), () => {
      assert.equal(speechText(text), spoken);
    });
  }

  // It takes a second; with quadratic time, more than the limit.
  it('is limited in length, and takes linear time', { timeout: 60_000 }, () => {
    for (const unit of ['x', ' ', '[', '](', '*', '- ', '\n', '😀', '<']) {
      assert.ok(speechText(unit.repeat(1_000_000)).length <= 4_000 * ' less than '.length);
    }
  });
});
