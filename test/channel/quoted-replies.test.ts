import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { BOT, CHANNEL, exchange, html, MENTION, TEAMS } from './exchange.ts';

const MARKER = '<quoted messageId="1782848598379"/>';
const ESCAPED = '&lt;quoted messageId=&quot;1782848598379&quot;/&gt;';
const quotedReply = { messageId: '1782848598379', senderName: 'Grace', preview: 'Ship it Thursday.' };
const QUOTED = { entities: [{ type: 'quotedReply', quotedReply }] };
const QUOTE_LINE = 'In reply to a message that the sender attributes to "Grace": "Ship it Thursday."';

describe('a quote marker in a text', () => {
  for (const [name, text, fields, asked] of [
    ['before the text', `${MARKER} Ok cool`, QUOTED, `${QUOTE_LINE}\n\nOk cool`],
    ['escaped', `${ESCAPED} Ok cool`, QUOTED, `${QUOTE_LINE}\n\nOk cool`],
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
    ['without its entity', `${MARKER} Ok cool`, {}, 'Ok cool'],
    ['without its entity, next to a quote', `${MARKER} yes <quoted messageId="7" />`, QUOTED, `${QUOTE_LINE}\n\nyes`],
    ['as the words of the user', `what is ${ESCAPED}?`, {}, `what is ${ESCAPED}?`],
    [
      'as the words of the user, with an end',
      'see <quoted messageId="7"></quoted>',
      {},
      'see <quoted messageId="7"></quoted>',
    ],
    [
      'as the words of the user next to a quote',
      `${MARKER} what is ${ESCAPED.replace('1782848598379', '7')}?`,
      QUOTED,
      `${QUOTE_LINE}\n\nwhat is ${ESCAPED.replace('1782848598379', '7')}?`,
    ],
    [
      'as the words of the user, on a channel without markers',
      `what is ${MARKER}?`,
      { channelId: 'directline', conversation: { id: 'c1' } },
      `what is ${MARKER}?`,
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
    it(`becomes a quote for the model only with its entity: ${name}`, async () => {
      const got = await exchange(text, { ...TEAMS, ...fields });
      if (asked !== undefined) assert.equal(got.asked, asked);
      assert.equal(got.answer, 'Answer');
    });
  }

  it('becomes a quote in a group, next to a mention of the bot', async () => {
    const fields = { ...CHANNEL, entities: [MENTION, ...QUOTED.entities] };
    const got = await exchange(`<at>Bot</at> ${MARKER} Ok cool`, fields);
    assert.equal(got.asked, `${QUOTE_LINE}\n\nAda wrote: "Ok cool"`);
  });

  it("of the bot's own message addresses the bot without a mention", async () => {
    const entities = [{ type: 'quotedReply', quotedReply: { ...quotedReply, senderId: BOT.id, senderName: 'Bot' } }];
    assert.equal((await exchange(`${MARKER} why?`, { ...CHANNEL, entities })).answer, 'Answer');
  });

  for (const [text, fields] of [
    [`${MARKER} /stop`, { ...TEAMS, ...QUOTED }],
    [`${MARKER} /stop`, TEAMS],
    [`<at>Bot</at> ${MARKER} /stop`, CHANNEL],
    [`<at>Bot</at> ${MARKER} /stop`, { ...CHANNEL, entities: [MENTION, ...QUOTED.entities] }],
    [`${MARKER} <at>Bot</at> /stop`, { ...CHANNEL, entities: [MENTION, ...QUOTED.entities] }],
  ] as const) {
    it(`may precede /stop (${text}, ${fields.entities.length} entities)`, async () => {
      assert.equal((await exchange(text, fields, false)).answer, en.commands.stopped(0));
    });
  }
});
