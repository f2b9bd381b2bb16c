import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { capabilitiesOf } from '../../src/channel/capabilities.ts';
import { splitMarkdown } from '../../src/channel/split-markdown.ts';

const SEED = 20_261_102;
const FAMILY = '👨‍👩‍👧‍👦';
const CHINESE = '今天天气很好我们去公园';

/**
 * Any character except a lone surrogate. Replaces the library's unit 'binary', which first builds a table of a million.
 */
const codePoint = fc.nat(0x10ffff - 0x800).map((count) => String.fromCodePoint(count < 0xd800 ? count : count + 0x800));

/** The building blocks of texts, including those that have broken programs before. */
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('word', 'a', ' ', ' ', '. ', '! ', '\n', '\n\n', '\r\n\r\n', '。', CHINESE) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(FAMILY, '👩‍💻', '👍🏽', '🇩🇪', 'e\u0301', '1️⃣', '𝒳', '\u200d', '\ufeff', '\u3000'),
  },
  { weight: 1, arbitrary: fc.string({ unit: codePoint, maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(150), '  '.repeat(40), '\u0301'.repeat(90), '🎈'.repeat(70)) },
);
/** Without white space at its ends, as every text of the model. */
const text = fc.array(piece, { maxLength: 80, size: 'max' }).map((pieces) => pieces.join('').trim());
const brokenText = fc
  .array(fc.oneof(piece, fc.constantFrom('\ud83d', '\ude00', '\udfff\ud800')), { maxLength: 60, size: 'max' })
  .map((pieces) => pieces.join('').trim());
/** Longer than any character of these texts. Channels accept over 1,000. */
const maxChars = fc.integer({ min: 130, max: 400 });

const isPairAt = (whole: string, at: number) => /^[\ud800-\udbff][\udc00-\udfff]/.test(whole.slice(at - 1, at + 1));

/** Where each part but the last ends in the whole; fails if anything but white space is missing between them. */
function cutsOf(whole: string, parts: readonly string[]): number[] {
  const ends: number[] = [];
  let at = 0;
  for (const part of parts) {
    const gap = whole.length - whole.slice(at).trimStart().length - at;
    const start = whole.startsWith(part, at) ? at : at + gap;
    assert.ok(whole.startsWith(part, start), `${JSON.stringify(part)} does not follow`);
    at = start + part.length;
    ends.push(at);
  }
  assert.equal(whole.slice(at).trim(), '');
  return ends.slice(0, -1);
}

function check(
  arbitrary: fc.Arbitrary<string>,
  limit: fc.Arbitrary<number>,
  holds: (text: string, most: number) => void,
) {
  fc.assert(fc.property(arbitrary, limit, holds), { seed: SEED, numRuns: 200 });
}

describe('the parts of a long text', () => {
  it('are within the bound and never empty', () => {
    check(text, fc.integer({ min: 1, max: 300 }), (whole, most) => {
      const parts = splitMarkdown(whole, most);
      for (const part of parts) assert.ok(part.length <= most && (part !== '' || whole === ''), JSON.stringify(part));
    });
  });

  it('add up to the text, except for white space at the cuts', () => {
    check(
      brokenText,
      fc.integer({ min: 1, max: 300 }),
      (whole, most) => void cutsOf(whole, splitMarkdown(whole, most)),
    );
  });

  it('have no white space at the cuts', () => {
    check(text, fc.integer({ min: 1, max: 300 }), (whole, most) => {
      for (const part of splitMarkdown(whole, most)) assert.equal(part, part.trim());
    });
  });

  it('split no code point, however strange the text', () => {
    check(brokenText, maxChars, (whole, most) => {
      for (const cut of cutsOf(whole, splitMarkdown(whole, most))) assert.ok(!isPairAt(whole, cut), `at ${cut}`);
    });
  });

  it('are well-formed if the text is', () => {
    check(
      text.filter((whole) => whole.isWellFormed()),
      maxChars,
      (whole, most) => {
        for (const part of splitMarkdown(whole, most)) assert.ok(part.isWellFormed(), JSON.stringify(part));
      },
    );
  });

  it('are the text itself, including white space, if it fits', () => {
    check(fc.string({ unit: codePoint, maxLength: 300 }), fc.constant(600), (whole, most) => {
      assert.deepEqual(splitMarkdown(whole, most), [whole]);
    });
    assert.deepEqual(splitMarkdown('  a  ', 5), ['  a  ']);
    assert.deepEqual(splitMarkdown('x'.repeat(1_000), 1_000), ['x'.repeat(1_000)]);
    assert.deepEqual(splitMarkdown('', 1), ['']);
  });

  it('begin with everything that a stream may have shown before', () => {
    for (const channel of ['msteams', 'webchat']) {
      const { streamRules, maxTextChars } = capabilitiesOf(channel, 'personal');
      const most = streamRules?.maxChars ?? 0;
      fc.assert(
        fc.property(text, fc.constantFrom('x', '. ', ' ', '\n\n', '。', FAMILY, '\u0301'), (ending, filler) => {
          const shown = `${'so '.repeat(most / 3)}`.slice(0, most - 1).concat('!');
          const rest = `${filler.repeat(200)}${ending}${filler.repeat(maxTextChars)}end`;
          assert.ok(splitMarkdown(shown + rest, maxTextChars)[0]?.startsWith(shown));
        }),
        { seed: SEED, numRuns: 20 },
      );
    }
  });
});

describe('a long text is cut', () => {
  const cases: readonly (readonly [string, string, number, readonly string[]])[] = [
    ['at the end of a paragraph', 'One. Two three.\n\nFour. Five six.', 25, ['One. Two three.', 'Four. Five six.']],
    ['at the last paragraph that fits', 'A a a a.\n\nB b b b.\n\nC c c c.', 22, ['A a a a.\n\nB b b b.', 'C c c c.']],
    [
      'not at a paragraph that would leave it half empty',
      'A.\n\nB b b b b. C c c.',
      18,
      ['A.\n\nB b b b b.', 'C c c.'],
    ],
    ['at the end of a sentence', 'It is so. Is it? Yes it is', 20, ['It is so. Is it?', 'Yes it is']],
    [
      'at the end of a sentence that fills it with its space',
      'It is so. Is it? Yes it is',
      17,
      ['It is so. Is it?', 'Yes it is'],
    ],
    [
      'at the end of a German sentence',
      'Schön ist’s. Über Öl? Ähnlich „gut“.',
      25,
      ['Schön ist’s. Über Öl?', 'Ähnlich „gut“.'],
    ],
    ['at the end of a Chinese sentence', '今天天气很好。我们去公园吧。', 10, ['今天天气很好。', '我们去公园吧。']],
    ['between words', 'alpha beta gamma delta', 12, ['alpha beta', 'gamma delta']],
    ['between words that fill it', 'alpha beta gamma', 10, ['alpha beta', 'gamma']],
    ['inside of a word that is too long', 'abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['into single characters', 'ab c', 1, ['a', 'b', 'c']],
    ['without the white space there, however much', `aaaaaa${' '.repeat(50)}b`, 8, ['aaaaaa', 'b']],
    ['and what is white space alone at its end is no part', `aaaaaa${'\n'.repeat(50)}`, 6, ['aaaaaa']],
    ['after a whole family', `${FAMILY.repeat(2)}`, 12, [FAMILY, FAMILY]],
    ['after a whole flag', '🇩🇪🇫🇷🇬🇧', 5, ['🇩🇪', '🇫🇷', '🇬🇧']],
    ['before a letter whose mark does not fit', 'xxxxe\u0301y', 5, ['xxxx', 'e\u0301y']],
    ['before a keycap that does not fit', 'xxxx1️⃣y', 6, ['xxxx', '1️⃣y']],
    [
      'before one more than fits of halves of characters',
      '\ud800'.repeat(5),
      3,
      ['\ud800'.repeat(3), '\ud800'.repeat(2)],
    ],
  ];
  for (const [how, whole, most, parts] of cases) it(how, () => assert.deepEqual(splitMarkdown(whole, most), parts));

  it('never within a code point, even if one character has more marks than fit', () => {
    for (const most of [300, 301]) {
      for (const part of splitMarkdown(`x${'\u{e0101}'.repeat(500)}`, most))
        assert.ok(part.isWellFormed(), `${most} fit`);
    }
  });

  for (const character of [FAMILY, '👍🏽', '🇩🇪', '👩‍💻']) {
    it(`before ${character} if it does not fit as a whole`, () => {
      for (let fits = 1; fits < character.length; fits++) {
        const before = 'x'.repeat(200 - fits);
        assert.deepEqual(splitMarkdown(`${before}${character}y`, 200), [before, `${character}y`], `${fits} fit`);
      }
    });
  }

  it('between flags, however many there are without a space', () => {
    for (const before of ['', 'x', 'xx', 'xxx']) {
      const [first = ''] = splitMarkdown(`${before}${'🇩🇪'.repeat(200)}`, 400);
      assert.equal(first.slice(before.length).replaceAll('🇩🇪', ''), '', `behind ${before.length} characters`);
    }
  });

  it('never within a code point, even if the first character does not fit', () => {
    for (let most = 2; most < FAMILY.length; most++) {
      for (const part of splitMarkdown(FAMILY.repeat(2), most)) assert.ok(part.isWellFormed(), `${most} fit`);
    }
  });

  it('into parts that are never empty, even if it begins with white space', () => {
    assert.deepEqual(splitMarkdown(`${' '.repeat(8)}aaaa bbbb`, 8), ['aaaa', 'bbbb']);
    assert.deepEqual(splitMarkdown(`${'\n'.repeat(2_000)}${'a'.repeat(1_000)}`, 1_500), ['a'.repeat(1_000)]);
  });

  it('at the end of a paragraph or a sentence that fills it', () => {
    assert.deepEqual(splitMarkdown('One two. Three.\n\nFour.', 15), ['One two. Three.', 'Four.']);
    assert.deepEqual(splitMarkdown('It is so. Is it? Yes it is', 16), ['It is so. Is it?', 'Yes it is']);
  });

  it('at the end of a paragraph in a text with Windows line ends', () => {
    assert.deepEqual(splitMarkdown('One two three.\r\n\r\nFour. Five six', 24), ['One two three.', 'Four. Five six']);
  });
});

describe('a text that is hard to split is split without delay', () => {
  const texts: Readonly<Record<string, string>> = {
    'a letter with 100,000 marks': `a${'\u0301'.repeat(100_000)}`,
    '256 KB without a space': 'x'.repeat(2 ** 18),
    '256 KB of halves of characters': '\ud83d'.repeat(2 ** 18),
    '256 KB of joined families': `${FAMILY}\u200d`.repeat(2 ** 18 / 12),
    '256 KB of flags': '🇩🇪'.repeat(2 ** 16),
    '256 KB of dots': '.'.repeat(2 ** 18),
    '256 KB of sentences of one letter': 'A. '.repeat(2 ** 18 / 3),
    'a word, 256 KB of white space, a word': `a${' '.repeat(2 ** 18)}b`,
    '256 KB of line ends and letters': 'a\n'.repeat(2 ** 17),
  };
  for (const [name, whole] of Object.entries(texts)) {
    it(`(${name})`, () => {
      for (const most of [1_100, 18_000]) {
        const parts = splitMarkdown(whole, most);
        assert.equal(parts.join('').replaceAll(/\s/g, ''), whole.replaceAll(/\s/g, ''));
        assert.ok(parts.every((part) => part.length <= most && part !== ''));
      }
    });
  }
});
