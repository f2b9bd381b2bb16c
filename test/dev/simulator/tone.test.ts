import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tone } from '../../../dev/simulator/tone.ts';

const MS = 48;

describe('tone', () => {
  it('lasts 60 ms a character, at least 250 ms and at most five minutes', () => {
    assert.equal(tone('x'.repeat(100)).byteLength, 6_000 * MS);
    assert.equal(tone('').byteLength, 250 * MS);
    assert.equal(tone('x'.repeat(1_000_000)).byteLength, 300_000 * MS);
  });

  it('has whole samples, and is the same each time', () => {
    for (const text of ['hello', 'hello there', 'x'.repeat(37)]) {
      assert.equal(tone(text).byteLength % 2, 0);
      assert.deepEqual(tone(text), tone(text));
    }
  });

  it('is audible but not loud, and begins and ends in silence', () => {
    const pcm = tone('hello');
    const samples = new Int16Array(pcm.buffer);
    const peak = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
    assert.ok(peak > 3_000 && peak < 10_000, `${peak}`);
    assert.deepEqual([samples[0], samples.at(-1)], [0, 0]);
  });
});
