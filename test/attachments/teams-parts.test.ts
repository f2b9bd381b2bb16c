import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MessagePart, messageParts, type SentAttachment } from '../../src/attachments/message-parts.ts';

const html = (content: string): SentAttachment => ({ contentType: 'text/html', content });
const text = (written: string): MessagePart => ({ kind: 'text', text: written });
const file = (url: string, claimedType: string, name?: string): MessagePart => ({
  kind: 'file',
  url,
  name,
  claimedType,
});

const SCHEMA = 'http://schema.skype.com/';
const EMOJI = `<img itemtype="${SCHEMA}Emoji" alt="👋" src="https://cdn.example/x.png">`;
const REPLY =
  '<blockquote itemtype="http://schema.skype.com/Reply" itemid="1"><strong itemprop="mri">Ada</strong><p itemprop="preview">old</p></blockquote>';

describe('the parts of a Teams message', () => {
  for (const [name, written, attachments, parts] of [
    [
      'a picture within a text of Teams',
      'this',
      [
        { contentType: 'image/*', contentUrl: 'https://smba.trafficmanager.net/x/v3/attachments/1/views/original' },
        html('<p>this</p><img src="https://graph.microsoft.com/v1.0/hostedContents/1">'),
      ],
      [text('this'), file('https://smba.trafficmanager.net/x/v3/attachments/1/views/original', 'image/*')],
    ],
    [
      'a picture that is in the HTML alone',
      'this',
      [html('<img src="https://graph.microsoft.com/v1.0/hostedContents/1">')],
      [text('this'), file('https://graph.microsoft.com/v1.0/hostedContents/1', 'image/*')],
    ],
    [
      'a picture in a read-only element, after one, and in one of another kind',
      '',
      [
        html(
          `<readonly itemtype="${SCHEMA}Klipy"><img itemtype="${SCHEMA}AMSImage" src="https://example.com/1"></readonly><img src="https://example.com/2"><readonly><img src="https://example.com/3"></readonly>`,
        ),
      ],
      [1, 2, 3].map((at) => file(`https://example.com/${at}`, 'image/*')),
    ],
    [
      'a picture of an attachment that is in the HTML alone, without an address that can be used',
      '',
      [html(`<img itemtype="${SCHEMA}AMSImage" itemid="0-x" src="cid:1"><img src="cid:2"><img itemid="0-y">`)],
      [{ ...file('', 'image/*'), attachmentId: '0-x' }],
    ],
    [
      'a picture next to an emoji',
      'hi',
      [
        { contentType: 'image/*', contentUrl: 'https://cdn.example/x.png' },
        html(
          `<p>hi <img itemtype="${SCHEMA}Emoji" alt="🙂" src="https://cdn.example/x.png"></p><img src="https://example.com/1">`,
        ),
      ],
      [text('hi 🙂'), file('https://example.com/1', 'image/*')],
    ],
    [
      'a table',
      'Q1\n|10|20|\n|30|40|',
      [
        html(
          `<p>Q1 ${EMOJI}</p><table><tr><td>10</td><td>20</td></tr><tr><th><p>30</p></th><th><p>40</p></th></tr></table>`,
        ),
      ],
      [text('Q1 👋\n| 10 | 20 |\n| 30 | 40 |')],
    ],
    [
      'a table whose elements have no ends',
      '',
      [html('<table><tr><td>10<td>20<tr><td>30</table><p>end</p>')],
      [text('| 10 | 20\n| 30\nend')],
    ],
    [
      'code in a table',
      '',
      [html('<table><tr><td>10</td><td><pre>a\nb</pre></td></tr></table>')],
      [text('| 10 |\n```\na\nb\n```\n|')],
    ],
    [
      'headings and lines across',
      '',
      [html('one<h4>two</h4>three<h6>four</h6>five<hr>six')],
      [text('one\ntwo\nthree\nfour\nfive\nsix')],
    ],
    [
      'a table in what is answered',
      'ok',
      [
        html(
          `<blockquote itemtype="${SCHEMA}Reply" itemid="1"><table><tr><td>10</td><td>20</td></tr></table></blockquote>`,
        ),
      ],
      [{ kind: 'quote', of: 'reply', author: undefined, text: '| 10 | 20 |' }, text('ok')],
    ],
  ] as const) {
    it(`are correct for ${name}`, () => assert.deepEqual(messageParts(written, attachments), parts));
  }

  it('contain a withheld file next to the quoted message, in each of its forms', () => {
    const place = (id: string) => `<attachment id="${id}"></attachment>`;
    const file = html(place('1') + place('a-file'));
    const quoted = [{ of: 'reply', author: undefined, text: 'old', messageId: '1' }] as const;
    const forms = [
      messageParts('', [file], { quoted }),
      messageParts('', [html(REPLY + place('1') + place('a-file'))]),
      messageParts('', [{ contentType: 'messageReference', id: '1', content: '{"messagePreview":"old"}' }, file]),
      messageParts('', [{ contentType: 'messageReference', content: '{"messageId":"1"}' }, file]),
      messageParts('', [{ contentType: 'messageReference', id: '1', content: '{"messageId":"2"}' }, file]),
    ];
    for (const parts of forms)
      assert.deepEqual(
        parts.map(({ kind }) => kind),
        ['quote', 'withheldFile'],
      );
    assert.deepEqual(messageParts('', [html(place('1'))], { quoted }), [
      { kind: 'quote', of: 'reply', author: undefined, text: 'old' },
    ]);
  });
});
