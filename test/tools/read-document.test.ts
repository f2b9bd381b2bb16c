import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDocument } from '../../src/tools/documents/read-document.ts';
import { docx, pdf } from './documents-under-test.ts';

const read = (path: string, content: string | Uint8Array) => readDocument(path, Buffer.from(content));

describe('a document', () => {
  it('in Markdown has headings, but no front matter and no headings from code', async () => {
    const markdown =
      '---\ntitle: x\n---\nBefore.\n\n# Leave\nAll of it.\n\n## How long ##\n30 days.\n\n```\n# no heading\n```\n';
    const { title, sections } = await read('a.md', markdown);
    assert.equal(title, 'Leave');
    assert.deepEqual(sections, [
      { headings: [], text: 'Before.' },
      { headings: ['Leave'], text: 'All of it.' },
      { headings: ['Leave', 'How long'], text: '30 days.\n\n```\n# no heading\n```' },
    ]);
  });

  it('in Markdown keeps what stands between two rules at the top, unless these are settings', async () => {
    const textOf = async (top: string) => {
      const { sections } = await read('a.md', `---\n${top}\n---\nAfter.`);
      return sections.map(({ text }) => text).join('\n');
    };
    for (const kept of ['All of it: Monday.', 'No settings.\ntitle: x', '# Leave\n- 30 days'])
      assert.equal(await textOf(kept), `---\n${kept.replace('# Leave\n', '')}\n---\nAfter.`);
    for (const settings of ['title: x\ntags:\n- a\n# none\n\nmore:\n  b: c', '"a b": 1\r\nlist: [\r\n]'])
      assert.equal(await textOf(settings), 'After.', settings);
  });

  it('in Markdown has its headings after code that shows a fence', async () => {
    for (const code of [
      '````\n```\n# x\n````',
      '```\n~~~\n# x\n```',
      '```\n```js\n# x\n```',
      '~~~ md\n```\n# x\n~~~~',
    ]) {
      const { sections } = await read('a.md', `# One\n${code}\n\n# Two\nAfter.`);
      assert.deepEqual(sections, [
        { headings: ['One'], text: code },
        { headings: ['Two'], text: 'After.' },
      ]);
    }
  });

  it('in Markdown has its headings after code within a line', async () => {
    const { sections } = await read('a.md', '# One\n```npm ci``` installs it.\n\n# Two\nAfter.');
    assert.deepEqual(sections, [
      { headings: ['One'], text: '```npm ci``` installs it.' },
      { headings: ['Two'], text: 'After.' },
    ]);
  });

  it('without a heading has the name of its file as title', async () => {
    assert.equal((await read('rules of 2026.txt', 'All is well.')).title, 'rules of 2026');
  });

  for (const [encoding, bytes] of [
    ['UTF-8', Buffer.from('\ufeffKündigung – 30 €')],
    ['UTF-16', Buffer.from('\ufeffKündigung – 30 €', 'utf16le')],
    ['UTF-16, big-endian', Buffer.from('\ufeffKündigung – 30 €', 'utf16le').swap16()],
    ['Windows-1252', Buffer.from('K\xfcndigung \x96 30 \x80', 'latin1')],
  ] as const) {
    it(`in ${encoding} is read`, async () => {
      for (const path of ['a.txt', 'a.html'])
        assert.equal((await read(path, bytes)).sections[0]?.text, 'Kündigung – 30 €', path);
    });
  }

  it('in UTF-8 with a damaged character keeps all others', async () => {
    const bytes = Buffer.concat([Buffer.from('Kündigung für '), Buffer.of(0xff), Buffer.from('30 €')]);
    assert.equal((await read('a.txt', bytes)).sections[0]?.text, 'Kündigung für \ufffd30 €');
  });

  it('in HTML has only its visible text', async () => {
    const html =
      '<head><title>t</title></head><nav>Menu</nav><h1>Caf&eacute;</h1><p>Open <b>daily</b><script>evil()</script></p><ul><li>one<li>two</ul>';
    assert.deepEqual((await read('a.html', html)).sections, [{ headings: ['Café'], text: 'Open daily\n\none\n\ntwo' }]);
  });

  for (const html of [
    '<html><head><title>t</title><p>Open daily',
    '<head><meta charset="utf-8"><noscript><link></noscript><h2></h2>Open daily</head>',
    '<head><style>a{}</style><body>Open daily',
  ]) {
    it(`in HTML has the text after a head that is not closed: ${html}`, async () => {
      assert.equal((await read('a.html', html)).sections[0]?.text, 'Open daily');
    });
  }

  it('of Word has headings, also of German styles', async () => {
    const bytes = docx([['Urlaub', 'berschrift1'], ['30 Tage &amp; mehr.'], ['Wann', 'Heading2'], ['Im Sommer.']]);
    assert.deepEqual((await read('a.docx', bytes)).sections, [
      { headings: ['Urlaub'], text: '30 Tage & mehr.' },
      { headings: ['Urlaub', 'Wann'], text: 'Im Sommer.' },
    ]);
  });

  it('in PDF is read page by page', async () => {
    assert.deepEqual((await read('a.pdf', pdf(['One', '', 'Three']))).sections, [
      { headings: [], text: 'One', page: 1 },
      { headings: [], text: 'Three', page: 3 },
    ]);
  });

  for (const [name, path, content, message] of [
    ['a scanned PDF', 'a.pdf', pdf(['', '']), /its pages are pictures/],
    ['a broken PDF', 'a.pdf', '%PDF-1.4 nothing', /not a readable PDF/],
    ['a text with the name of a PDF', 'a.pdf', 'Hello', /not a readable PDF/],
    ['a broken Word document', 'a.docx', 'PK', /not a Word document/],
    ['an empty text', 'a.txt', ' \n ', /no text/],
    ['a program with the name of a text', 'a.txt', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1), /encoding is unknown/],
    ['a text that would fill the memory', 'a.txt', 'word '.repeat(2_100_000), /more than 10000000 characters/],
  ] as const) {
    it(`is refused: ${name}`, () => assert.rejects(read(path, content), { name: 'DocumentError', message }));
  }
});
