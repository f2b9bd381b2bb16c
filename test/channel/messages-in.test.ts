import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { startBot } from '../support/bot.ts';
import { SwiftClock } from '../support/swift-clock.ts';

type Fields = Readonly<Record<string, unknown>>;

const BOT = { id: '28:8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90', name: 'Bot' };
const TEAMS = {
  channelId: 'msteams',
  conversation: { id: 'a:1abc', conversationType: 'personal', tenantId: '11111111-2222-4333-8444-555555555555' },
  from: { id: '29:user', name: 'Ada', aadObjectId: '99999999-2222-4333-8444-555555555555' },
  recipient: BOT,
  entities: [],
};
const MENTION = { type: 'mention', text: '<at>Bot</at>', mentioned: BOT };
const CHANNEL = {
  ...TEAMS,
  conversation: { id: '19:abc@thread.tacv2;messageid=1700000000000', conversationType: 'channel', isGroup: true },
  entities: [MENTION],
};
const html = (content: string) => ({ contentType: 'text/html', content });

/** What the model was asked, and what the user got, for one message. */
async function exchange(t: TestContext, text: string | undefined, fields: Fields, turns = ['Answer']) {
  const bot = await startBot({ turns, deps: { clock: new SwiftClock() } });
  t.after(() => bot[Symbol.asyncDispose]());
  assert.equal((await bot.post(bot.message(text, fields))).status, 200);
  const [reply] = await bot.connector.whenMessages(1);
  const said = bot.events
    .filter(({ from, event }) => from === 'client' && event['type'] === 'conversation.item.create')
    .flatMap(({ event }) => (event['item'] as { content: { text?: string }[] }).content.map(({ text }) => text ?? ''));
  return { asked: said.join('\n'), answer: String(reply?.body.text), events: bot.events };
}

const STATICS = 'https://statics.teams.cdn.office.net/evergreen-assets/personal-expressions/v2/assets/emoticons';
const wave = `${STATICS}/wave/default/20_f.png`;
const emoji = (alt: string, id = 'wave') =>
  `<img itemscope="" itemtype="http://schema.skype.com/Emoji" itemid="${id}" alt="${alt}" src="${STATICS}/${id}/default/20_f.png">`;
const picture = (contentUrl: string) => ({ contentType: 'image/*', contentUrl });

describe('emoji as a picture: the model is given a character, and no file is looked for', () => {
  for (const [name, text, attachments, asked, entities = []] of [
    ['behind a text', 'hello ', [picture(wave), html(`<p>hello ${emoji('👋')}</p>`)], 'hello 👋'],
    ['alone', '', [picture(wave), html(`<p>${emoji('👋')}</p>`)], '👋'],
    ['with an empty text', '', [picture(wave), html(`<p>hello ${emoji('👋')}</p>`)], 'hello 👋'],
    ['in the HTML alone', undefined, [html(`<p>hello ${emoji('👋')}</p>`)], 'hello 👋'],
    ['in the HTML alone, beside a text', 'hello ', [html(`<p>hello ${emoji('👋')}</p>`)], 'hello 👋'],
    ['as a picture alone', 'hello', [picture(wave)], 'hello :wave:'],
    [
      'several, in their places',
      'one  two ',
      [picture(wave), picture(wave), html(`<p>one ${emoji('👋🏽')} two ${emoji('👨‍👩‍👧', 'family')}${emoji('1️⃣')}</p>`)],
      'one 👋🏽 two 👨‍👩‍👧1️⃣',
    ],
    ["a tenant's own", 'hi ', [html(`<p>hi ${emoji('party parrot', 'party-parrot')}</p>`)], 'hi :party-parrot:'],
    [
      'behind a mention',
      '<at>Bot</at> ',
      [picture(wave), html(`<p><at id="0">Bot</at>&nbsp;${emoji('👋')}</p>`)],
      '👋',
      [MENTION],
    ],
    [
      'between mentions in the older form',
      '<at>Bot</at> hello  <at>Jane Doe</at>!',
      [
        html(
          `<div><span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">Bot</span> hello ${emoji('👋')} <span itemtype="http://schema.skype.com/Mention" itemid="1">Jane Doe</span>!</div>`,
        ),
      ],
      'hello 👋 Jane Doe!',
      [MENTION, { type: 'mention', text: '<at>Jane Doe</at>', mentioned: { id: '29:jane', name: 'Jane Doe' } }],
    ],
    [
      'where the HTML says something else',
      'see https://a.example',
      [html(`<p>see ${emoji('👋')}</p>`)],
      'see https://a.example 👋',
    ],
  ] as const) {
    it(`emoji as a picture: ${name}`, async (t) => {
      const got = await exchange(t, text, { ...TEAMS, attachments, entities });
      assert.equal(got.asked, asked);
      assert.equal(got.answer, 'Answer');
    });
  }
});

const giphy = (alt: string) =>
  `<p><readonly itemtype="http://schema.skype.com/Giphy"><img ${alt} src="https://media4.giphy.com/media/x/giphy.gif" itemtype="http://schema.skype.com/Giphy"></readonly></p>`;

describe('GIF and sticker: the model is told what it shows, and it is not fetched', () => {
  for (const [name, text, attachments, asked] of [
    ['a GIF', '', [html(giphy('alt="Happy Dance GIF"'))], '[GIF: Happy Dance]'],
    [
      'a GIF of the other form',
      'yes!',
      [html(`<p>yes!</p>${giphy('alt="Happy Dance (GIF Image)"')}`)],
      'yes!\n[GIF: Happy Dance]',
    ],
    ['a GIF without a description', '', [html(giphy(''))], '[GIF]'],
    ['a GIF as a picture', 'yes', [picture('https://media4.giphy.com/media/x/giphy.gif')], 'yes [GIF]'],
    [
      'a GIF of Tenor',
      '',
      [
        picture('https://media.tenor.com/x/tenor.gif'),
        html('<img itemtype="http://schema.skype.com/Tenor" alt="Cat GIF" src="https://media.tenor.com/x/tenor.gif">'),
      ],
      '[GIF: Cat]',
    ],
    [
      'a sticker',
      '',
      [
        html(
          '<img itemtype="http://schema.skype.com/Sticker" alt="Office Drama" src="https://eu-api.asm.skype.com/v1/objects/1/views/imgo">',
        ),
      ],
      '[sticker: Office Drama]',
    ],
    [
      'a sticker that says no more than where it is',
      '',
      [html('<img src="https://statics.teams.cdn.office.net/evergreen-assets/stickerassets/a/default/b.png">')],
      '[sticker]',
    ],
  ] as const) {
    it(`GIF and sticker: ${name}`, async (t) => {
      const got = await exchange(t, text, { ...TEAMS, attachments });
      assert.equal(got.asked, asked);
      assert.equal(got.answer, 'Answer');
    });
  }
});

const MARKER = '<quoted messageId="1782848598379"/>';
const quotedReply = { messageId: '1782848598379', senderName: 'Grace', preview: 'Ship it Thursday.' };
const QUOTED = { entities: [{ type: 'quotedReply', quotedReply }] };
const QUOTE_LINE = 'In reply to a message that the sender attributes to "Grace": "Ship it Thursday."';

describe('quoted marker: the model is given the quote as a quote, and the text without the tag', () => {
  for (const [name, text, fields, asked] of [
    ['before the text', `${MARKER} Ok cool`, QUOTED, `${QUOTE_LINE}\n\nOk cool`],
    ['escaped', '&lt;quoted messageId=&quot;1782848598379&quot;/&gt; Ok cool', QUOTED, `${QUOTE_LINE}\n\nOk cool`],
    ['half escaped', '&lt;quoted messageId="1782848598379"/&gt; Ok cool', QUOTED, `${QUOTE_LINE}\n\nOk cool`],
    [
      'with a flat entity',
      `${MARKER} Ok cool`,
      { entities: [{ type: 'quotedReply', senderName: 'Grace', preview: 'Ship it Thursday.' }] },
      `${QUOTE_LINE}\n\nOk cool`,
    ],
    [
      'several',
      `${MARKER} yes <quoted messageId="2"></quoted> no`,
      {
        entities: [
          ...QUOTED.entities,
          { type: 'quotedReply', quotedReply: { messageId: '2', senderName: 'Linus', preview: 'Really?' } },
        ],
      },
      `${QUOTE_LINE}\n\nIn reply to a message that the sender attributes to "Linus": "Really?"\n\nyes   no`,
    ],
    [
      'of a message that was deleted',
      `${MARKER} why?`,
      { entities: [{ type: 'quotedReply', quotedReply: { ...quotedReply, isReplyDeleted: true } }] },
      'In reply to a message that the sender attributes to "Grace", whose text is not given.\n\nwhy?',
    ],
    [
      'once, where the HTML holds it, too',
      `${MARKER} Ok cool`,
      {
        ...QUOTED,
        attachments: [
          html(
            '<blockquote itemtype="http://schema.skype.com/Reply" itemid="1782848598379"><strong itemprop="mri">Grace</strong><p itemprop="preview">Ship it Thursday.</p></blockquote><p>Ok cool</p>',
          ),
        ],
      },
      `${QUOTE_LINE}\n\nOk cool`,
    ],
    ['as the words of the user', `what is ${MARKER}?`, {}, `what is ${MARKER}?`],
    [
      'as the words of the user beside a quote',
      `${MARKER} what is <quoted messageId="7"/>?`,
      QUOTED,
      `${QUOTE_LINE}\n\nwhat is <quoted messageId="7"/>?`,
    ],
    [
      'with a hostile entity',
      'hello',
      {
        entities: [
          { type: 'quotedReply', quotedReply: null },
          { type: 'quotedReply', quotedReply: [7] },
        ],
      },
      undefined,
    ],
  ] as const) {
    it(`quoted marker: ${name}`, async (t) => {
      const got = await exchange(t, text, { ...TEAMS, ...fields });
      if (asked !== undefined) assert.equal(got.asked, asked);
      assert.equal(got.answer, 'Answer');
    });
  }

  it('quoted marker: in a channel with a mention', async (t) => {
    const fields = { ...CHANNEL, entities: [MENTION, ...QUOTED.entities] };
    const got = await exchange(t, `<at>Bot</at> ${MARKER} Ok cool`, fields);
    assert.equal(got.asked, `${QUOTE_LINE}\n\nAda wrote: "Ok cool"`);
  });

  it("quoted marker: a reply to the bot's own message needs no mention", async (t) => {
    const entities = [{ type: 'quotedReply', quotedReply: { ...quotedReply, senderId: BOT.id, senderName: 'Bot' } }];
    assert.equal((await exchange(t, `${MARKER} why?`, { ...CHANNEL, entities })).answer, 'Answer');
  });

  for (const [text, fields] of [
    [`${MARKER} /stop`, { ...TEAMS, ...QUOTED }],
    [`<at>Bot</at> ${MARKER} /stop`, { ...CHANNEL, entities: [MENTION, ...QUOTED.entities] }],
    [`${MARKER} <at>Bot</at> /stop`, { ...CHANNEL, entities: [MENTION, ...QUOTED.entities] }],
  ] as const) {
    it(`quoted marker: /stop behind it stops (${text})`, async (t) => {
      assert.equal((await exchange(t, text, fields, [])).answer, en.commands.stopped);
    });
  }
});

const PLACE = '<attachment id="3f2c0d3e-1111-4222-8333-444455556666"></attachment>';

describe('file in a channel: what Teams keeps back is named to the user and to the model', () => {
  it('file in a channel: with a text', async (t) => {
    const attachments = [html(`<p><at id="0">Bot</at> read this</p>${PLACE}`)];
    const got = await exchange(t, '<at>Bot</at> read this', { ...CHANNEL, attachments });
    assert.match(got.asked, /Ada wrote: "read this"\nThe user also sent a file/);
    assert.equal(got.answer.split('\n\n').at(-1)?.includes(en.attachments.keptBackInGroup), true, got.answer);
  });

  for (const [name, text, attachments, note] of [
    ['alone', '<at>Bot</at>', [html(`<p><at id="0">Bot</at></p>${PLACE}`)], en.attachments.keptBackInGroup],
    ['twice', '<at>Bot</at>', [html(PLACE + PLACE.replace('3f', '4f'))], en.attachments.keptBackInGroup],
    [
      'a Loop component',
      '',
      [
        {
          contentType: 'application/vnd.microsoft.card.fluidEmbedCard',
          content: '{"componentUrl":"https://a.example"}',
          id: '1',
        },
        html('<attachment id="1"></attachment>'),
      ],
      en.attachments.loop,
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
    it(`file in a channel: ${name}`, async (t) => {
      const got = await exchange(t, text, { ...CHANNEL, attachments }, []);
      assert.equal(got.answer, note);
      assert.deepEqual(got.events, []);
    });
  }

  it('file in a channel: says something else in a chat of two', async (t) => {
    const got = await exchange(t, '', { ...TEAMS, attachments: [html(PLACE)] }, []);
    assert.equal(got.answer, en.attachments.keptBack);
  });

  it('file in a channel: a quotation has its place there, and is no file', async (t) => {
    const content = JSON.stringify({
      messageId: '17',
      messagePreview: 'Ship it Thursday.',
      messageSender: { user: { displayName: 'Grace' } },
    });
    const attachments = [
      { contentType: 'messageReference', id: '17', content },
      html('<attachment id="17"></attachment><p>ok</p>'),
    ];
    const got = await exchange(t, 'ok', { ...TEAMS, attachments });
    assert.equal(got.asked, `${QUOTE_LINE}\n\nok`);
    assert.equal(got.answer, 'Answer');
  });

  it('file in a channel: a block of code is given to the model as one', async (t) => {
    const code =
      '<p>why?</p><p itemtype="http://schema.skype.com/CodeBlockEditor">&nbsp;</p><pre class="language-json"><code><span>{</span><br>&nbsp; "a": 1<br>}</code></pre>';
    const got = await exchange(t, 'why?\n{\n  "a": 1\n}', { ...TEAMS, attachments: [html(code)] });
    assert.equal(got.asked, 'why?\n```json\n{\n  "a": 1\n}\n```');
  });

  it('file in a channel: cards that hold words are given to the model', async (t) => {
    const card = (kind: string, content: unknown) => ({
      contentType: `application/vnd.microsoft.card.${kind}`,
      content,
    });
    const attachments = [
      card('announcement', JSON.stringify({ title: 'We moved', subtitle: 'New office' })),
      card('codesnippet', { language: 'js', code: 'let a = `1`;' }),
    ];
    const got = await exchange(t, 'what is new?', { ...TEAMS, attachments });
    assert.equal(got.asked, 'We moved\nNew office\n\n```js\nlet a = `1`;\n```\n\nwhat is new?');
    assert.equal(got.answer, 'Answer');
  });
});

describe("other people's mentions", () => {
  it("other people's mentions: are their plain names", async (t) => {
    const entities = [
      MENTION,
      { type: 'mention', text: '<at>Jane Doe</at>', mentioned: { id: '29:jane', name: 'Jane Doe' } },
    ];
    const got = await exchange(t, '<at>Bot</at> is <at>Jane Doe</at> right?', { ...CHANNEL, entities });
    assert.equal(got.asked, 'Ada wrote: "is Jane Doe right?"');
  });
});
