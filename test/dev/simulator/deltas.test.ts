import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { audioSteps, cutTo, splitWords, textSteps, tokensOf } from '../../../dev/simulator/deltas.ts';

describe('splitWords', () => {
  for (const text of ['', ' ', 'one', ' a  b\n\nc ', 'x'.repeat(5_000), ' '.repeat(5_000), '😀 😀']) {
    it(`splits a text without loss: ${JSON.stringify(text.slice(0, 10))}`, () => {
      assert.equal(splitWords(text).join(''), text);
    });
  }
});

describe('audioSteps', () => {
  it('has every word and every byte once, in quarters of a second', () => {
    const pcm = Uint8Array.from({ length: 30_002 }, (_, index) => index % 256);
    const steps = audioSteps('a b c d e f g', pcm);
    assert.deepEqual(
      steps.map(({ audio }) => audio?.byteLength),
      [12_000, 12_000, 6_002],
    );
    assert.deepEqual(Buffer.concat(steps.map(({ audio }) => audio ?? new Uint8Array())), Buffer.from(pcm));
    assert.equal(steps.flatMap(({ words }) => words).join(''), 'a b c d e f g');
    assert.ok(steps.every(({ words }) => words.length >= 2));
  });

  it('has a word in the first step if there are more pieces than words', () => {
    const steps = audioSteps('one two', new Uint8Array(60_000));
    assert.deepEqual(
      steps.map(({ words }) => words.join('')),
      ['one', '', ' two', '', ''],
    );
  });

  it('is empty without text and audio', () => {
    assert.deepEqual(audioSteps('', new Uint8Array()), []);
    assert.deepEqual(textSteps(''), []);
  });
});

describe('cutTo', () => {
  it('returns a message within the limit unchanged', () => {
    const output = { text: 'abcd', pcm: new Uint8Array(2_400) };
    assert.equal(tokensOf(output), 2);
    assert.equal(cutTo(output, 2), output);
    assert.equal(cutTo(output, Number.POSITIVE_INFINITY), output);
  });

  it('never exceeds the limit, and never splits a sample', () => {
    const output = { text: 'some words that are to be cut somewhere', pcm: new Uint8Array(100_000) };
    for (let tokens = 1; tokens < tokensOf(output); tokens++) {
      const cut = cutTo(output, tokens);
      assert.ok(tokensOf(cut) <= tokens + 1, `${tokensOf(cut)} > ${tokens}`);
      assert.equal(cut.pcm.byteLength % 2, 0);
      assert.ok(output.text.startsWith(cut.text));
    }
  });
});
