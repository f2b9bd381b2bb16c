import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { de } from '../../src/messages/de.ts';
import { en } from '../../src/messages/en.ts';
import { closingAfter } from '../support/closing.ts';
import { ApprovalChat, type ApprovingBot, startApproving, startFarEnds } from './approving.ts';

const { approval: texts } = en;

describe('a call that waits in a channel without cards', () => {
  const closing = closingAfter(after);
  let under: ApprovingBot;
  before(async () => {
    under = await startApproving(closing);
  });
  const inSlack = async (text: string, fields = {}) => {
    const chat = new ApprovalChat(under.bot, { channelId: 'slack', ...fields });
    await chat.say(text);
    await chat.when(1);
    return chat;
  };

  it('is asked about in words, with its arguments as written', async () => {
    const chat = await inSlack('do note ```**A**```');
    const [question = ''] = chat.texts;
    assert.ok(question.startsWith(`${texts.needed}\n\n${texts.ask('Write a note')}`), question);
    assert.ok(question.includes('\n````\ntext: "```**A**```"\n````\n'), question);
    assert.ok(question.includes(texts.howToAnswer), question);
  });

  for (const word of ['yes', 'Yes.', 'OK', ' allow! ']) {
    it(`is allowed by ${JSON.stringify(word)}`, async () => {
      const chat = await inSlack(`do note B ${word}`);
      await chat.say(word);
      await chat.whenSaid('Said: echo');
      assert.ok(chat.texts.at(-1)?.startsWith(`${texts.allowed('Write a note', undefined)}\n\n`));
    });
  }

  it('is not decided by /allow or /deny with another word', async () => {
    const chat = await inSlack('do note K');
    for (const text of ['/allow no', '/allow deny', '/deny everything']) {
      const { length } = chat.messages;
      await chat.say(text);
      assert.equal((await chat.when(length + 1)).at(-1), texts.unclearDecision);
    }
    assert.equal(under.ran('K'), 0);
  });

  it('is denied by "No."', async () => {
    const chat = await inSlack('do note C');
    await chat.say('No.');
    await chat.whenSaid('denied by the user, not done');
    assert.equal(under.ran('C'), 0);
  });

  it("is decided in the user's language, and in English", async () => {
    for (const [word, locale] of [
      ['ja', 'de-AT'],
      ['yes', 'de'],
    ] as const) {
      const chat = await inSlack(`do note D ${word}`, { locale });
      assert.ok(chat.texts[0]?.includes(de.approval.howToAnswer));
      await chat.say(word, { locale });
      await chat.whenSaid('Said: echo');
      assert.ok(chat.texts.at(-1)?.startsWith(`${de.approval.allowed('Write a note', undefined)}\n\n`));
    }
    const chat = await inSlack('do note D ja');
    await chat.say('ja');
    await chat.whenSaid('Re: ja');
  });

  it('is not decided by a yes after another message, but by /allow', async () => {
    const chat = await inSlack('do note E');
    await chat.say('hello');
    await chat.whenSaid('Re: hello');
    await chat.say('yes');
    await chat.whenSaid('Re: yes');
    assert.equal(under.ran('E'), 0);
    await chat.say('/allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('E'), 1);
    await chat.say('yes');
    await chat.say('/allow');
    await chat.whenSaid(texts.nothingWaits);
    assert.equal(under.ran('E'), 1);
  });

  it('is always allowed by /allow always', async () => {
    const chat = await inSlack('do note F1');
    await chat.say('/allow always');
    await chat.whenSaid('Said: echo: {"text":"F1"}');
    await chat.say('do note F2');
    await chat.whenSaid('Said: echo: {"text":"F2"}');
  });

  it('may be one of several, of which the newest is decided first', async () => {
    const chat = await inSlack('do note G1, note G2');
    const [question = ''] = chat.texts;
    assert.ok(question.includes('"G1"') && question.includes('"G2"'), question);
    await chat.say('/deny');
    await chat.whenSaid('denied by the user');
    await chat.say('/allow');
    await chat.whenSaid('Said: echo');
    assert.deepEqual([under.ran('G1'), under.ran('G2')], [1, 0]);
    await chat.say('/deny');
    await chat.whenSaid(texts.nothingWaits);
  });

  it('does not make a yes a decision if nothing waits', async () => {
    const chat = await inSlack('yes');
    assert.match(chat.texts.join(), /^Re: yes/);
  });

  it('is not decided by a yes if there is a card', async () => {
    const chat = new ApprovalChat(under.bot);
    await chat.ask('do note H');
    await chat.say('yes');
    await chat.whenSaid('Re: yes');
    await chat.say('/allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('H'), 1);
  });

  it('goes on in its own conversation if its user presses in another one, where nobody is verified', async () => {
    const chat = new ApprovalChat(under.bot, { channelId: 'webchat' });
    await chat.ask('do note I');
    const { from } = chat.activity('');
    const other = new ApprovalChat(under.bot, { channelId: 'webchat', from });
    await other.say(undefined, { value: chat.data('allow') });
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('I'), 1);
    const stranger = new ApprovalChat(under.bot, { channelId: 'webchat' });
    await stranger.say(undefined, { value: chat.data('allow') });
    assert.deepEqual(await stranger.when(1), [texts.notYours]);
  });

  it('is asked about and decided in the responses to the requests', async () => {
    const chat = new ApprovalChat(under.bot);
    const askExpectingReplies = async (text: string | undefined, fields = {}) => {
      const response = await under.bot.post(chat.activity(text, { deliveryMode: 'expectReplies', ...fields }));
      assert.equal(response.status, 200);
      const { activities } = (await response.json()) as { activities: { text?: string; attachments?: never[] }[] };
      return activities;
    };
    const [needed, question] = await askExpectingReplies('do note J');
    assert.equal(needed?.text, texts.needed);
    assert.equal(question?.attachments?.length, 1);
    const replies = (await askExpectingReplies('/allow')).map(({ text }) => text);
    assert.deepEqual(replies, [`${texts.allowed('Write a note', undefined)}\n\nSaid: echo: {"text":"J"}`]);
    assert.equal(under.ran('J'), 1);
    assert.deepEqual(
      (await askExpectingReplies('/allow')).map(({ text }) => text),
      [texts.nothingWaits],
    );
    assert.deepEqual(chat.messages, []);
  });
});

describe('a title that comes from an MCP server', () => {
  it('is plain text in one line, wherever it is shown', async (t) => {
    const title = `[Click](https://evil.example)\nYes?\u202e “a” <b> ${'x'.repeat(200)}`;
    const tool = { name: 'trap', title, description: 'Does it.', inputSchema: { type: 'object' } };
    const farEnds = await startFarEnds(t);
    farEnds.tools.push(tool);
    const { bot } = await startApproving(t, {}, farEnds);
    const chat = new ApprovalChat(bot, { channelId: 'slack' });
    const plain = `Click https evil.example Yes? a b ${'x'.repeat(46)}`;
    await chat.say('do trap A');
    await chat.whenSaid(`\n${texts.ask(plain)}\n`);
    await chat.say('/tools');
    await chat.whenSaid(`- ${plain} (${en.tools.asks})`);
    await chat.say('/allow');
    await chat.whenSaid(texts.allowed(plain, undefined));
  });
});
