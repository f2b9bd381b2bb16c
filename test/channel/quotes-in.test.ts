import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/wording/en.ts';
import { BOT, CHANNEL, exchange, html, MENTION, TEAMS } from './exchange.ts';

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
