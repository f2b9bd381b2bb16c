import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { safeMarkdown, safeMarkdownSoFar } from '../../src/channel/safe-markdown.ts';

const FENCE = '```';

/** Each text and what a channel gets for it. */
const NEUTRALISED: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'an image becomes a link': [
    ['![a](http://e/x)', '[a](http://e/x)'],
    ['![a](https://e/x "title")', '[a](https://e/x "title")'],
    ['two ![a](http://e/x) and ![b](http://e/y)', 'two [a](http://e/x) and [b](http://e/y)'],
    ['![a](http://e/x_(y))', '[a](http://e/x_(y))'],
    ['![a](http://e/(x)/(y) "t")', '[a](http://e/(x)/(y) "t")'],
    ['![a](<http://e/x y>)', '[a](<http://e/x y>)'],
    ['![a](http://e/x y)', '[a](http://e/x y)'],
    ['![a [b] c](http://e/x)', '[a [b] c](http://e/x)'],
    ['![a\nb](http://e/x)', '[a\nb](http://e/x)'],
    ['Wow!![a](http://e/x)', 'Wow! [a](http://e/x)'],
    ['![a](&#104;ttp://e/x)', 'a'],
  ],
  'an image by reference becomes a reference': [
    ['![a][r]\n\n[r]: http://e/x', '[a][r]\n\n[r] : http://e/x'],
    ['[r]: http://e/x\n\n![r]', '[r] : http://e/x\n\n[r]'],
    ['![r][]', '[r][]'],
    ['![][r]', '[r]'],
    ['![a]\n(http://e/x)', '[a]\n(http://e/x)'],
  ],
  "a definition defines nothing, so that the numbers of the bot's sources stay its own": [
    ['[1]: https://e "Handbook"', '[1] : https://e "Handbook"'],
    ['> - [1]:\n> https://e', '> - [1] :\n> https://e'],
    ['[\n1\n]:https://e', '[\n1\n] :https://e'],
    ['![1]: https://e', '[1] : https://e'],
    ['[^1]: a note', '[^1] : a note'],
    ['`[1]: a` and\n```\n[1]: b\n```', '`[1]: a` and\n```\n[1]: b\n```'],
  ],
  'an image without a description is named by its host': [
    ['![](https://example.com:8443/x?q=1)', '[example.com:8443](https://example.com:8443/x?q=1)'],
    ['![ ](http://e)', '[e](http://e)'],
    ['![](https://good.example&#46;evil/x)', '🖼'],
  ],
  'an image within a link leaves its description': [
    ['[![a](http://e/x)](http://e/y)', '[a](http://e/y)'],
    ['[![a][r]](http://e/y)', '[a](http://e/y)'],
    ['[![](http://e/x)](http://e/y)', '[🖼](http://e/y)'],
    ['![![a](http://e/x)](http://e/y)', '[a](http://e/y)'],
  ],
  'an image that is in no web address leaves its description': [
    ['![a cat](data:image/png;base64,AAAA)', 'a cat'],
    ['![](data:image/png;base64,AAAA)', '🖼'],
    ['![a](DATA:image/svg+xml,x)', 'a'],
    ['![a](//e/x)', 'a'],
    ['![a](x.png)', 'a'],
  ],
  'a backslash before the mark is no way around': [
    ['\\![a](http://e/x)', '\\! [a](http://e/x)'],
    ['\\\\![a](http://e/x)', '\\\\[a](http://e/x)'],
  ],
  'an image in a table, a list, a quote or a heading': [
    ['| a | b |\n|---|---|\n| ![a](http://e/x) | b |', '| a | b |\n|---|---|\n| [a](http://e/x) | b |'],
    ['- ![a](http://e/x)', '- [a](http://e/x)'],
    ['> # ![a](http://e/x)', '> # [a](http://e/x)'],
  ],
  'raw HTML becomes text': [
    ['<img src=http://e/x>', '&lt;img src=http://e/x>'],
    ['<IMG/src=x>', '&lt;IMG/src=x>'],
    ['<picture><source srcset="http://e/x"></picture>', '&lt;picture>&lt;source srcset="http://e/x">&lt;/picture>'],
    ['<svg/onload=x>', '&lt;svg/onload=x>'],
    ['<!-- a --> <?php ?> <![CDATA[x]]>', '&lt;!-- a --> &lt;?php ?> &lt;[CDATA[x]]>'],
    ['<at>Ada</at> <!channel>', '&lt;at>Ada&lt;/at> &lt;!channel>'],
    ['\\<img src=x>', '&lt;img src=x>'],
    ['[a](<img src=x>)', '[a](&lt;img src=x>)'],
    ['[a](http://e "<img src=x>")', '[a](http://e "&lt;img src=x>")'],
    ['<https://e/ onload=x>', '&lt;https://e/ onload=x>'],
    ['<javascript:x>', '&lt;javascript:x>'],
    ['<https://e/x![a](http://e/y)>', '&lt;https://e/x[a](http://e/y)>'],
    ['<https://e/x!\\[a](http://e/y)>', '&lt;https://e/x!\\[a](http://e/y)>'],
    ['<https://e/[a]>', '&lt;https://e/[a]>'],
    ['an unfinished <img', 'an unfinished &lt;img'],
  ],
  'what only looks like code to some clients': [
    ['a ` b\nc ` <img src=x> `', 'a ` b\nc ` &lt;img src=x> `'],
    ['`` ` <img src=x> ``', '`` ` &lt;img src=x> ``'],
    ['\\` <img src=x> `', '\\` &lt;img src=x> `'],
    ['| ` | <img src=x> | ` |', '| ` | &lt;img src=x> | ` |'],
    ['[a](<b`c>) <img src=x> `', '[a](&lt;b`c>) &lt;img src=x> `'],
    ['http://e/`c <img src=x> `', 'http://e/`c &lt;img src=x> `'],
    ['$$`$$ <img src=x> $$`$$', '$$`$$ &lt;img src=x> $$`$$'],
    ['~~~\n<img src=x>\n~~~', '~~~\n&lt;img src=x>\n~~~'],
    ['    <img src=x>', '    &lt;img src=x>'],
    [`- a\n  ${FENCE}\n<img src=x>`, `- a\n  ${FENCE}\n&lt;img src=x>`],
    [`> ${FENCE}\n<img src=x>`, `> ${FENCE}\n&lt;img src=x>`],
    [`$$\n${FENCE}\n$$\n<img src=x>\n${FENCE}`, `$$\n${FENCE}\n$$\n&lt;img src=x>\n${FENCE}`],
    [
      `${FENCE}${FENCE}\n${FENCE}\n<img src=x>\n${FENCE}${FENCE}`,
      `${FENCE}${FENCE}\n${FENCE}\n&lt;img src=x>\n${FENCE}${FENCE}`,
    ],
  ],
};

const UNCHANGED = [
  '',
  'Hello! How are you? 1 < 2, a <- b, <3',
  '[a](http://e/x "title"), [b][r], <https://e/x?y=1&z=2>, http://e/x',
  'Use `![a](http://e/x)` or ``<img src=x>`` and `a![b]`.',
  '1. `<b>`\n2. `![a][r]`\n\n| `<b>` | `![a](x)` |',
  `Before:\n${FENCE}html\n<img src="http://e/x">\n\n![a](http://e/x)\n\`x\` <!-- -->\n${FENCE}\nAfter.`,
  `1. Like this:\n   ${FENCE}html\n   <img src=x>\n   ${FENCE}\n2. And so on.`,
  `${FENCE}\n<a>\n${FENCE}\n\n${FENCE}js\n<b>\n${FENCE}`,
  '- [x] done\n- [ ] not done!',
];

describe('text for a channel', () => {
  for (const [name, pairs] of Object.entries(NEUTRALISED)) {
    for (const [text, safe] of pairs) {
      it(`${name}: ${JSON.stringify(text)}`, () => {
        assert.equal(safeMarkdown(text), safe);
        assert.equal(safeMarkdown(safe), safe, 'changed once more');
      });
    }
  }

  for (const text of UNCHANGED) {
    it(`is unchanged: ${JSON.stringify(text)}`, () => assert.equal(safeMarkdown(text), text));
  }

  it('ends truncated code, so that nothing below it becomes code', () => {
    assert.equal(safeMarkdown(`${FENCE}html\n<b>`), `${FENCE}html\n<b>\n${FENCE}`);
    assert.equal(safeMarkdown(`1. a\n   ${FENCE}\n   <b>\n`), `1. a\n   ${FENCE}\n   <b>\n   ${FENCE}`);
    assert.equal(safeMarkdown('~~~~js\na\n~~~'), '~~~~js\na\n~~~\n~~~~');
    assert.equal(safeMarkdown('~~~\na\n~~~ \nb\n~~~\nc'), '~~~\na\n~~~ \nb\n~~~\nc\n~~~');
  });

  it('takes time proportional to its length, whatever it contains', () => {
    const units = ['![', '[', '![a](', '![a](u "', '](<', '<http://', '`a', '`\n\n', '![a ![b', '\\', `${FENCE}\n`];
    for (const unit of units) {
      const text = unit.repeat(100_000 / unit.length);
      assert.ok(safeMarkdown(text).length > 0, unit);
    }
  });
});

/** The building blocks of Markdown, in any order. */
const piece = fc.constantFrom(
  ...['`', '``', FENCE, '~~~', '!', '[', ']', '(', ')', '![', '](', '][', '<', '>', '\\', '|', '\n', '\n\n', '\r\n'],
  ...[
    ' ',
    '   ',
    '    ',
    '- ',
    '> ',
    '1. ',
    '"',
    '$$',
    'a',
    'http://e',
    '[r]: http://e',
    '|-|-|',
    '<b>',
    '<https://e>',
  ],
  ...['![i](http://e/x)', '<img src=http://e/y>', '<!--', '![](', 'data:x', '![r]', '🖼', '&lt;', 'x'.repeat(2_100)],
);
const texts = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''));

describe('streamed text', () => {
  it('is a prefix of everything that it may become, wherever it is cut', () => {
    fc.assert(
      fc.property(texts, fc.nat(), (text, anywhere) => {
        const shown = safeMarkdownSoFar(text.slice(0, anywhere % (text.length + 1)));
        assert.ok(safeMarkdownSoFar(text).startsWith(shown));
        assert.ok(safeMarkdown(text).startsWith(shown));
        assert.ok(
          safeMarkdown(`${shown}\n\nI stopped.`).startsWith(shown),
          'what was shown is changed by what is added',
        );
      }),
      { numRuns: 1_500 },
    );
  });

  it('waits for what decides how a text is parsed, but not forever', () => {
    for (const held of ['!', '![a', '![a](http://e', '<', '<https://e', '\\', '`', '`code', FENCE, '[a](http://e']) {
      const certain = held.startsWith('[') ? 'So: [a' : 'So: ';
      assert.equal(safeMarkdownSoFar(`So: ${held}`), certain, held);
    }
    for (const begun of ['![', '<https://', '`', '![a](', '[a](']) {
      const shown = safeMarkdownSoFar(`${begun}${'x'.repeat(5_000)}`);
      assert.ok(shown.length > 2_000, begun);
    }
  });
});
