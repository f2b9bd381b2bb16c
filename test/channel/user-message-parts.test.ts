import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { CHANNEL, exchange, html, MENTION, TEAMS } from './exchange.ts';

const QUOTE_LINE = 'In reply to a message that the sender attributes to "Grace": "Ship it Thursday."';
const PLACE = '<attachment id="3f2c0d3e-1111-4222-8333-444455556666"></attachment>';

describe('a message with parts besides text', () => {
  it('is answered if it has a text and a withheld file, and the user and the model learn of the file', async () => {
    const attachments = [html(`<p><at id="0">Bot</at> read this</p>${PLACE}`)];
    const got = await exchange('<at>Bot</at> read this', { ...CHANNEL, attachments });
    assert.match(got.asked, /Ada wrote: "read this"\nThe user also sent a file/);
    assert.equal(got.answer.split('\n\n').at(-1)?.includes(en.attachments.withheldFileInGroup), true, got.answer);
  });

  for (const [name, text, attachments, note] of [
    [
      'a withheld file alone',
      '<at>Bot</at>',
      [html(`<p><at id="0">Bot</at></p>${PLACE}`)],
      en.attachments.withheldFileInGroup,
    ],
    [
      'two withheld files',
      '<at>Bot</at>',
      [html(PLACE + PLACE.replace('3f', '4f'))],
      en.attachments.withheldFileInGroup,
    ],
    [
      'a Loop component',
      '',
      [
        {
          contentType: 'application/vnd.microsoft.card.fluidEmbedCard',
          content: '{"componentUrl":"https://a.example/"}',
          id: '1',
        },
        html('<attachment id="1"></attachment>'),
      ],
      en.attachments.loop('https://a.example/'),
    ],
    [
      'cards',
      '',
      [
        { contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard' } },
        { contentType: 'application/vnd.microsoft.card.thumbnail', content: {} },
      ],
      en.attachments.unreadable,
    ],
    [
      'a file from the cloud without an address',
      '',
      [{ contentType: 'reference', name: 'report.txt' }],
      en.attachments.notRead.sign_in_needed('report.txt'),
    ],
    [
      'a file of Teams without an address',
      '',
      [{ contentType: 'application/vnd.microsoft.teams.file.download.info', content: { fileType: 'pdf' } }],
      en.attachments.notRead.sign_in_needed(undefined),
    ],
  ] as const) {
    it(`is not given to the model if it has nothing to read: ${name}`, async () => {
      const got = await exchange(text, { ...CHANNEL, attachments }, false);
      assert.equal(got.answer, note);
    });
  }

  it('gets another reply about a withheld file in a personal chat', async () => {
    const got = await exchange('', { ...TEAMS, attachments: [html(PLACE)] }, false);
    assert.equal(got.answer, en.attachments.withheldFile);
  });

  it('has a quote for the model where a message reference stands, and no file', async () => {
    const content = JSON.stringify({
      messageId: '17',
      messagePreview: 'Ship it Thursday.',
      messageSender: { user: { displayName: 'Grace' } },
    });
    const attachments = [
      { contentType: 'messageReference', id: '17', content },
      html('<attachment id="17"></attachment><p>ok</p>'),
    ];
    const got = await exchange('ok', { ...TEAMS, attachments });
    assert.equal(got.asked, `${QUOTE_LINE}\n\nok`);
    assert.equal(got.answer, 'Answer');
  });

  it('has a quote for the model where the id of its entity stands, and no file', async () => {
    const quotedReply = { messageId: '1700000000001', senderName: 'Grace', preview: 'Ship it Thursday.' };
    const entities = [{ type: 'quotedReply', quotedReply }];
    const attachments = [html('<attachment id="1700000000001"></attachment><p>ok</p>')];
    const got = await exchange('ok', { ...TEAMS, entities, attachments });
    assert.equal(got.asked, `${QUOTE_LINE}\n\nok`);
    assert.equal(got.answer, 'Answer');
  });

  it('has its code block for the model, too', async () => {
    const code =
      '<p>why?</p><p itemtype="http://schema.skype.com/CodeBlockEditor">&nbsp;</p><pre class="language-json"><code><span>{</span><br>&nbsp; "a": 1<br>}</code></pre>';
    const got = await exchange('why?\n{\n  "a": 1\n}', { ...TEAMS, attachments: [html(code)] });
    assert.equal(got.asked, 'why?\n```json\n{\n  "a": 1\n}\n```');
  });

  for (const [componentUrl, named] of [
    ['https://contoso.sharepoint.com/:fl:/r/a_b/x.loop?d=w1&csf=1&nav=cz0l%3D', true],
    ['https://loop.microsoft.com/p/eyJ1IjoiaHR0cHM', true],
    ['https://a.example/)![x](https://evil.example/x.png', false],
    ['https://a.example/<img src=x>', false],
    ['https://user:secret@a.example/', false],
    ['http://a.example/', false],
    ['javascript:alert(1)', false],
    [`https://a.example/${'x'.repeat(3_000)}`, false],
    [7, false],
    [undefined, false],
  ] as const) {
    it(`gets a reply with the address of its Loop component only if that is valid: ${componentUrl}`, async () => {
      const content = { componentUrl, sourceType: 'Compose' };
      const card = { contentType: 'application/vnd.microsoft.card.fluidEmbedCard', content };
      const { answer } = await exchange('', { ...TEAMS, attachments: [card] }, false);
      assert.equal(answer, en.attachments.loop(named ? componentUrl : undefined));
      assert.equal(answer.includes('https://'), named);
    });
  }

  it('has the texts of its cards for the model', async () => {
    const card = (kind: string, content: unknown) => ({
      contentType: `application/vnd.microsoft.card.${kind}`,
      content,
    });
    const attachments = [
      card('announcement', JSON.stringify({ title: 'We moved', subtitle: 'New office' })),
      card('codesnippet', { language: 'js', code: 'let a = `1`;' }),
    ];
    const got = await exchange('what is new?', { ...TEAMS, attachments });
    assert.equal(got.asked, 'We moved\nNew office\n\n```js\nlet a = `1`;\n```\n\nwhat is new?');
    assert.equal(got.answer, 'Answer');
  });
});

describe("other people's mentions", () => {
  it('become their plain names', async () => {
    const entities = [
      MENTION,
      { type: 'mention', text: '<at>Jane Doe</at>', mentioned: { id: '29:jane', name: 'Jane Doe' } },
    ];
    const got = await exchange('<at>Bot</at> is <at>Jane Doe</at> right?', { ...CHANNEL, entities });
    assert.equal(got.asked, 'Ada wrote: "is Jane Doe right?"');
  });
});
