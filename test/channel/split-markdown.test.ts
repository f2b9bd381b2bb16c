import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { safeMarkdown, safeMarkdownSoFar } from '../../src/channel/safe-markdown.ts';
import { splitMarkdown } from '../../src/channel/split-markdown.ts';

const SEED = 20_261_129;
const FENCE = '```';
const MAX_CHARS = 1_200;

const sent = (text: string, maxChars = MAX_CHARS) => splitMarkdown(text, maxChars).map(safeMarkdown);

/** The lines that a client shows as code, and those that it shows as prose. The blocks of code have marks of `mark`. */
function shownLines(parts: readonly string[], mark: string) {
  const code: string[] = [];
  const prose: string[] = [];
  const openings: string[] = [];
  for (const part of parts) {
    let isCode = false;
    for (const line of part.split('\n')) {
      if (!line.trimStart().startsWith(mark)) (isCode ? code : prose).push(line);
      else if (!isCode) openings.push(line);
      if (line.trimStart().startsWith(mark)) isCode = !isCode;
    }
    assert.equal(isCode, false, 'a part ends within code');
  }
  return { code, prose: prose.filter((line) => line !== ''), openings };
}

describe('code in a text that is too long for one message', () => {
  const code = Array.from({ length: 200 }, (_, at) => `${' '.repeat(2 * (at % 5))}line(${at}, *a*, # _b_`);

  for (const [name, opening, closing, mark] of [
    ['backticks', `${FENCE}python`, FENCE, FENCE],
    ['tildes', '~~~~python', '~~~~', '~~~~'],
    ['an indent', `   ${FENCE}python`, `   ${FENCE}`, FENCE],
  ] as const) {
    it(`is code in every part, and what follows is none: ${name}`, () => {
      const indented = code.map((line) => opening.slice(0, opening.indexOf(mark)) + line);
      const text = ['Before.', '', opening, ...indented, closing, '', 'After.'].join('\n');
      const parts = sent(text);
      assert.ok(parts.length > 4);
      for (const part of parts) assert.ok(part.length <= MAX_CHARS, `${part.length} characters`);
      const shown = shownLines(parts, mark);
      assert.deepEqual(shown.code, indented);
      assert.deepEqual(shown.prose, ['Before.', 'After.']);
      assert.deepEqual([...new Set(shown.openings)], [opening]);
    });
  }

  it('ends with the part, if that ends before the last line of the block', () => {
    for (let lines = 10; lines < 60; lines++) {
      const text = [FENCE, ...code.slice(0, lines), FENCE, ...code.slice(0, lines).map((line) => `After ${line}.`)];
      const { code: shown, prose } = shownLines(sent(text.join('\n')), FENCE);
      assert.deepEqual(shown, code.slice(0, lines));
      assert.ok(prose.every((line) => line.startsWith('After')));
    }
  });

  for (const [name, text] of [
    ['backticks', '`'.repeat(30_000)],
    ['tildes', '~'.repeat(30_000)],
    ['a fence of half a message', `${'`'.repeat(MAX_CHARS / 2 - 10)}\n${'code '.repeat(1_600)}`],
    ['an address', `See [the report](https://e/${'x'.repeat(1_500)}).`],
  ] as const) {
    it(`does not become many small messages: ${name}`, () => {
      const parts = splitMarkdown(text, MAX_CHARS);
      for (const part of parts.map(safeMarkdown)) assert.ok(part.length <= MAX_CHARS, `${part.length} characters`);
      const most = Math.ceil((2 * text.length) / MAX_CHARS) + 2;
      assert.ok(parts.length <= most, `${parts.length} parts, at most ${most}`);
    });
  }

  it('stays code if it is cut within a long line of an indented block', () => {
    const json = `{${'"a":1,'.repeat(600)}}`;
    const { code: shown, prose } = shownLines(
      sent(`- JSON:\n\n   ${FENCE}json\n   ${json}\n   ${FENCE}\n\nAfter.`),
      FENCE,
    );
    assert.equal(shown.map((line) => line.trim()).join(''), json);
    assert.deepEqual(prose, ['- JSON:', 'After.']);
  });

  it('is closed and opened again only if the text is long enough', () => {
    const long = `${FENCE}${'x'.repeat(100)}\n${'y '.repeat(2_000)}`;
    for (const part of sent(long)) assert.ok(part.length <= MAX_CHARS);
    for (const maxChars of [1, 5, 12]) assert.ok(splitMarkdown(`${FENCE}js\na b c d\n${FENCE}`, maxChars).length > 1);
  });
});

/** The building blocks of Markdown that are longer or shorter once they are safe. */
const piece = fc.constantFrom(
  ...[
    'some words. ',
    'so ',
    '\n\n',
    '\n',
    '<b>',
    '<'.repeat(60),
    '<b>'.repeat(200),
    'z'.repeat(300),
    '&lt;',
    '|',
    '$$',
  ],
  ...['![i](http://e/x)', `![i](data:x,${'A'.repeat(900)})`, '[r]: http://e', '`<b><i>`', '`', `\n${FENCE}\n`],
  ...[`\n${FENCE}html\n<b>\n<i>\n${FENCE}\n`, '\n~~~\n', '<https://e/x>', `\`${'<b>'.repeat(300)}\``],
);
const texts = fc.array(piece, { minLength: 20, maxLength: 200, size: 'max' }).map((pieces) => pieces.join('').trim());

describe('the first part of a text', () => {
  it('begins with everything that a stream may have shown before', () => {
    const maxChars = 20_000;
    const prose = 'A word and more of them. '.repeat(400).slice(0, 8_960);
    const growing = [`${prose}${'<b>'.repeat(9_000)}`, `${prose.slice(0, 4_500)}\n\n${prose}${'<b>'.repeat(4_000)}`];
    const shrinking = `${`![a](data:x,${'A'.repeat(1_000)}) `.repeat(40)}${prose}`;
    for (const text of [...growing, `${shrinking}\n\n${prose}${prose}`]) assertContinues(text, maxChars);
    fc.assert(
      fc.property(texts, (text) => assertContinues(text.repeat(3), 10_000)),
      { seed: SEED, numRuns: 100 },
    );
  });
});

function assertContinues(text: string, maxChars: number): void {
  const parts = sent(text, maxChars);
  for (const part of parts) assert.ok(part.length <= maxChars, `${part.length} characters`);
  for (let chars = 100; chars < text.length; chars += 333) {
    const shown = safeMarkdownSoFar(text.slice(0, chars));
    if (shown.length > maxChars / 2) return;
    assert.ok(parts[0]?.startsWith(shown.trimEnd()), `${parts[0]?.length} of ${shown.length} characters`);
  }
}
