import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutQuoteMarkers } from '../../src/attachments/quotes.ts';
import { readTeamsHtml } from '../../src/attachments/teams-html.ts';

const REPLY = 'itemscope="" itemtype="http://schema.skype.com/Reply" itemid="1700000000000"';
const reply = (inner: string) => `<div><blockquote ${REPLY}>${inner}</blockquote><p>new text</p></div>`;
const forward = (inner: string) => `<blockquote itemtype="http://schema.skype.com/Forward">${inner}</blockquote>`;

describe("the quote in Teams' HTML", () => {
  for (const [name, html, author, text] of [
    [
      'as Teams writes it',
      reply(
        '\r\n<strong itemprop="mri" itemid="8:orgid:1">Ada &amp; Bob</strong><span itemprop="time" itemid="1">noon</span>\r\n<p itemprop="preview">5 &lt; 6&nbsp;&#x1F642;</p>\r\n',
      ),
      'Ada & Bob',
      '5 < 6 🙂',
    ],
    [
      'as older ones write it',
      reply('<p><b><span itemprop="mri" style="x">Ada</span></b></p><p itemprop="copy">one<br>two</p>'),
      'Ada',
      'one\ntwo',
    ],
    ['without who wrote it', reply('<p>text</p>'), undefined, 'text'],
    ['with another inside', reply('<p>a</p><blockquote><p>b</p></blockquote><p>c</p>'), undefined, 'a\nb\nc'],
    ['without its end', `<blockquote ${REPLY}><p>text`, undefined, 'text'],
    ['with an emoji', reply('<p>well <img alt="🙂" src="https://example.com/1.png"></p>'), undefined, 'well 🙂'],
    ['with a script', reply('<p>a<script>alert(1)</script><style>b{}</style>c</p>'), undefined, 'ac'],
  ] as const) {
    it(`is parsed: ${name}`, () => {
      assert.deepEqual(readTeamsHtml(html).quotes, [{ of: 'reply', author, text, messageId: '1700000000000' }]);
    });
  }

  it('is bounded, and a forwarded message more generously', () => {
    const [answered] = readTeamsHtml(reply(`<p>${'x'.repeat(5_000)}</p>`)).quotes;
    assert.equal(answered?.text, `${'x'.repeat(499)}…`);
    const [forwarded] = readTeamsHtml(forward(`<p>${'x'.repeat(50_000)}</p>`)).quotes;
    assert.equal(forwarded?.text, `${'x'.repeat(7_999)}…`);
    assert.equal(readTeamsHtml(reply('<p>x</p>').repeat(100)).quotes.length, 5);
  });

  it('is missing if there is none, or only a quote of another kind', () => {
    for (const html of [
      '',
      '<p>text</p>',
      reply(' <p>&nbsp;</p>'),
      '<blockquote><p>just a quotation</p></blockquote>',
    ]) {
      assert.deepEqual(readTeamsHtml(html).quotes, []);
    }
  });
});

describe("the rest of Teams' HTML", () => {
  it('contains pictures, but no emoji and none of the quoted message', () => {
    const html =
      `${reply('<img src="https://example.com/old.png">')}<img src="https://example.com/a.png?x=1&amp;y=2">` +
      `<img itemtype="http://schema.skype.com/Emoji" src="https://example.com/smile.png" alt="🙂">` +
      forward('<img src="https://example.com/b.png">');
    assert.deepEqual(readTeamsHtml(html).pictures, [
      { address: 'https://example.com/a.png?x=1&y=2', attachmentId: undefined },
      { address: 'https://example.com/b.png', attachmentId: undefined },
    ]);
  });

  it('contains recordings and the positions of cards', () => {
    assert.equal(readTeamsHtml('<video src="https://asm.skype.com/v1/objects/1/views/video"></video>').hasVideo, true);
    assert.equal(readTeamsHtml('<audio src="x"/>').hasAudio, true);
    const card =
      '<span itemid="1" itemtype="http://schema.skype.com/InputExtension"><span itemprop="cardId"></span></span>';
    assert.equal(readTeamsHtml(card).hasExtension, true);
    assert.deepEqual(readTeamsHtml('<p>text</p>'), {
      text: 'text',
      plain: 'text',
      pictograms: [],
      pictogramAddresses: [],
      hasCode: false,
      attachmentIds: [],
      quotes: [],
      pictures: [],
      hasAudio: false,
      hasVideo: false,
      hasExtension: false,
    });
  });
});

describe('hostile HTML', () => {
  const many = 50_000;
  for (const [name, html] of [
    ['signs alone', '<'.repeat(many)],
    ['tags that never end', '<a '.repeat(many)],
    ['nested elements', '<b>'.repeat(many)],
    ['nested quotes', `<blockquote ${REPLY}>`.repeat(many / 50)],
    ['ends alone', '</p>'.repeat(many)],
    ['ends of quotes alone', `<blockquote ${REPLY}>${'</blockquote>'.repeat(many / 10)}`],
    ['entities', `<blockquote ${REPLY}>${'&amp;'.repeat(many / 5)}`],
    ['entities that never end', `<blockquote ${REPLY}>${'&a'.repeat(many)}`],
    ['comments', '<!--'.repeat(many)],
    ['attributes', `<p ${'a=1 '.repeat(many)}>`],
    ['one attribute', `<p a="${'&lt;'.repeat(many)}`],
    ['white space', `<blockquote ${REPLY}>${' '.repeat(many)}<p>${'\t\n'.repeat(many)}`],
    ['breaks', `<blockquote ${REPLY}>${'<br>'.repeat(many)}`],
    ['code', `<pre>${'<br>`'.repeat(many / 5)}`],
    ['pieces of code', '<pre>a</pre>'.repeat(many / 12)],
    ['mentions', '<at>'.repeat(many / 4)],
    ['emoji', `<img itemtype="http://schema.skype.com/Emoji" alt="${'👋'.repeat(many / 10)}">`],
    ['GIFs', `<img itemtype="http://schema.skype.com/Giphy" alt="${' GIF'.repeat(many / 5)}">`],
    ['places of files', '<attachment id=1>'.repeat(many / 17)],
    ['code points that are none', '<p>&#xffffffff;&#55296;&#0;&#x110000;'.repeat(100)],
  ] as const) {
    it(`is parsed quickly: ${name}`, () => {
      const before = process.cpuUsage();
      readTeamsHtml(html);
      const { user } = process.cpuUsage(before);
      // Some milliseconds; quadratic time would be many seconds.
      assert.ok(user < 1_000_000, `${user} µs`);
    });
  }

  for (const [name, text] of [
    ['beginnings', '<quoted messageId='.repeat(many)],
    ['escaped beginnings', '&lt;quoted messageId=a'.repeat(many / 2)],
    ['spaces', `<quoted ${' '.repeat(many)}`],
    ['ids', `<quoted messageId=${'a'.repeat(200)} `.repeat(many / 50)],
  ] as const) {
    it(`is searched quickly for quote markers: ${name}`, () => {
      const before = process.cpuUsage();
      withoutQuoteMarkers(text, [{ of: 'reply', author: undefined, text: '', messageId: 'a' }], true);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 1_000_000, `${user} µs`);
    });
  }
});
