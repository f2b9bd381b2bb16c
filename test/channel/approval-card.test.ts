import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Activity } from 'botbuilder';
import { approvalCard, approvalInWords, decisionIn, staleCardId } from '../../src/channel/approval-card.ts';
import type { ApprovalRequest } from '../../src/conversation/approvals/approval.ts';
import { en } from '../../src/messages/en.ts';
import { ApprovalChat, type ApprovingBot, startApproving } from '../conversation/approving.ts';
import { inTime } from '../realtime/gathered.ts';
import { closingAfter } from '../support/closing.ts';

const { approval: texts } = en;

const person = (name: string) => ({ from: { id: `29:${name}`, aadObjectId: name.toLowerCase(), name } });
const GROUP = {
  ...person('Ada'),
  channelId: 'msteams',
  conversation: { conversationType: 'groupChat', isGroup: true, tenantId: 't' },
};
const CARD = 'application/vnd.microsoft.card.adaptive';
const MESSAGE = 'application/vnd.microsoft.activity.message';

describe('a decision by Action.Execute in Teams', () => {
  const closing = closingAfter(after);
  let under: ApprovingBot;
  before(async () => {
    under = await startApproving(closing, { hasAppId: true });
  });
  const asked = async (text: string) => {
    const chat = new ApprovalChat(under.bot, GROUP);
    return { chat, card: await chat.ask(text) };
  };

  it('is answered with the card without its buttons, which says who decided', async () => {
    const { chat, card } = await asked('do note A');
    const [once] = card.actions;
    assert.deepEqual([once.type, once.fallback.type, card.version], ['Action.Execute', 'Action.Submit', '1.5']);
    assert.deepEqual(once.fallback.data, once.data);
    const { status, body } = await chat.execute(chat.data('allow'));
    assert.deepEqual([status, body.statusCode, body.type], [200, 200, CARD]);
    const [heading, ...rest] = body.value.body;
    assert.equal(heading.inlines[0].text, texts.allowed('Write a note', 'Ada'));
    assert.deepEqual(rest, card.body.slice(1, -1));
    assert.deepEqual(body.value.actions, []);
    await chat.whenSaid('Said: echo');
  });

  it('is answered at once while a long turn runs, and carried out after it', async () => {
    const { chat } = await asked('do note B');
    const { held, release } = under.model.hold('a long question');
    await chat.say('a long question');
    await held;
    assert.equal((await chat.execute(chat.data('allow'))).body.type, CARD);
    assert.equal(under.ran('B'), 0);
    release();
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('B'), 1);
  });

  it('is answered with the decision that counts when it comes again', async () => {
    const { chat } = await asked('do note C');
    const answers = await Promise.all([chat.execute(chat.data('allow')), chat.execute(chat.data('allow'))]);
    answers.push(await chat.execute(chat.data('deny')));
    const headings = answers.map(({ body }) => body.value.body[0].inlines[0].text);
    const allowed = texts.allowed('Write a note', 'Ada');
    assert.deepEqual(headings.sort(), [allowed, ...Array(2).fill(`${texts.decidedBefore} ${allowed}`)].sort());
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('C'), 1);
  });

  it('by another person, or about an unknown approval, is answered with a text', async () => {
    const { chat } = await asked('do note D');
    const others = await chat.execute(chat.data('allow'), person('Bob'));
    assert.deepEqual([others.status, others.body.type, others.body.value], [200, MESSAGE, texts.notYours]);
    const unknown = await chat.execute({ approval: 'x'.repeat(32), decision: 'allow' });
    assert.deepEqual([unknown.status, unknown.body.type, unknown.body.value], [200, MESSAGE, texts.gone]);
    assert.equal(under.ran('D'), 0);
  });

  it('is answered with a text if the queue is full, and can be repeated', async () => {
    const { chat } = await asked('do note E');
    const { held, release } = under.model.hold('fill 0');
    for (let each = 0; each <= 16; each++) {
      await chat.say(`fill ${each}`);
      if (each === 0) await held;
    }
    const { body } = await chat.execute(chat.data('allow'));
    assert.deepEqual([body.type, body.value], [MESSAGE, en.queueFull]);
    release();
    await chat.whenSaid('fill 16');
    assert.equal((await chat.execute(chat.data('allow'))).body.type, CARD);
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('E'), 1);
  });

  it('replaces the card for the others in a group, also where only the fallback of the button works', async () => {
    const { chat, card } = await asked('do note H');
    const replaced = () => under.bot.connector.calls.filter(({ method }) => method === 'PUT');
    await chat.execute(chat.data('allow'), { replyToId: 'card 1' });
    await inTime(under.bot.connector.when(({ method }) => method === 'PUT'));
    await chat.press('deny', { replyToId: 'card-2' });
    await inTime(under.bot.connector.when(({ path }) => path.endsWith('card-2')));
    for (const [at, id] of ['card%201', 'card-2'].entries()) {
      const { path, body } = replaced()[at] ?? assert.fail();
      assert.ok(path.endsWith(`/${chat.id}/activities/${id}`), path);
      const [{ content }] = body.attachments;
      assert.equal(content.body[0].inlines[0].text, texts.allowed('Write a note', 'Ada'));
      assert.deepEqual([content.body.slice(1), content.actions], [card.body.slice(1, -1), []]);
    }
    await chat.execute(chat.data('allow'), { replyToId: 'card-3', ...person('Bob') });
    const personal = { conversation: { conversationType: 'personal', tenantId: 't' } };
    const alone = new ApprovalChat(under.bot, { ...GROUP, ...personal });
    await alone.ask('do note I');
    await alone.execute(alone.data('deny'), { replyToId: 'card-4' });
    await alone.whenSaid('denied by the user');
    assert.equal(replaced().length, 2);
  });

  it('is rejected if it cannot be read', async () => {
    const { chat } = await asked('do note F');
    const data = chat.data('allow');
    for (const bad of [undefined, null, 'allow', [], { ...data, decision: 'all' }, { decision: 'allow' }, { data }])
      assert.equal((await chat.execute(bad)).status, 400, JSON.stringify(bad));
    for (const value of [undefined, null, 'x', [], {}, { action: null }, { action: 'x' }, { data }]) {
      const invoke = { type: 'invoke', name: 'adaptiveCard/action', value };
      assert.equal((await under.bot.post(chat.activity(undefined, invoke))).status, 400, JSON.stringify(value));
    }
    assert.equal(under.ran('F'), 0);
  });

  it('is answered together with its turn if the replies go back in the response', async () => {
    const { chat } = await asked('do note G');
    const { status, body } = await chat.execute(chat.data('allow'), { deliveryMode: 'expectReplies' });
    const [said, answer] = body.activities;
    const expected = `${texts.allowed('Write a note', 'Ada')}\n\nSaid: echo: {"text":"G"}`;
    assert.deepEqual([status, said.text, answer.type], [200, expected, 'invokeResponse']);
    assert.equal(answer.value.body.type, CARD);
  });
});

describe('the card of a decision', () => {
  const pressed = (channelId: string, serviceUrl: string, fields: object = {}) =>
    staleCardId({ channelId, serviceUrl, conversation: {}, replyToId: 'card', ...fields } as Activity);

  it('is replaced if the channel lets bots replace messages and the press names its message (`replyToId`)', () => {
    assert.equal(pressed('msteams', 'https://smba.example/'), 'card');
    assert.equal(pressed('webchat', 'http://localhost:56150'), 'card');
    for (const channelId of ['webchat', 'directline'])
      assert.equal(pressed(channelId, 'https://webchat.example/'), undefined);
    for (const replyToId of [undefined, '', 4711, 'x'.repeat(300)])
      assert.equal(pressed('msteams', 'https://smba.example/', { replyToId }), undefined);
    assert.equal(pressed('msteams', 'https://smba.example/', { deliveryMode: 'expectReplies' }), undefined);
  });
});

describe('a card that the channel rejects', () => {
  it('is replaced by the question in words, with the arguments and how to answer', async (t) => {
    const { bot, ran } = await startApproving(t);
    bot.connector.rule = ({ body }) => (body?.attachments?.[0]?.contentType === CARD ? { status: 400 } : undefined);
    const chat = new ApprovalChat(bot);
    await chat.say('do note A');
    const question = [texts.ask('Write a note'), texts.tool('srv__note'), '```\ntext: "A"\n```', texts.howToDecide];
    assert.deepEqual(await chat.when(2), [texts.needed, question.join('\n\n')]);
    await chat.say('/allow');
    await chat.whenSaid('Said: echo');
    assert.equal(ran('A'), 1);
  });
});

describe('the card of a call', () => {
  const request = (fields: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
    id: 'x'.repeat(22),
    title: 'Write a note',
    tool: 'srv__note',
    argumentsText: '{}',
    isAlwaysOffered: false,
    ...fields,
  });
  const runsOf = (fields: Partial<ApprovalRequest>) => {
    const { content } = approvalCard(request(fields), 'submit', en);
    return content.body.map(({ type, inlines: [{ text }] }: { type: string; inlines: [{ text: string }] }) => [
      type,
      text,
    ]);
  };

  it('shows what came from elsewhere in text runs alone, which no client formats', () => {
    const [title, tool, shown] = ['**[a](https://x.example)**', '<img>', '{"a":"![](https://x.example)\\n# b"}'];
    const runs = runsOf({ title, tool, argumentsText: shown });
    assert.deepEqual(runs.slice(0, 3), [
      ['RichTextBlock', texts.ask(title)],
      ['RichTextBlock', texts.tool(tool)],
      ['RichTextBlock', 'a: "![](https://x.example)\\n# b"'],
    ]);
  });

  const linesOf = (argumentsText: string) =>
    runsOf({ argumentsText })
      .slice(2, -1)
      .map(([, text = '']: string[]) => text);

  it('shows every argument in the order in which it was written, and cuts long ones in the middle', () => {
    const content = `${'a'.repeat(749)}😀${'b'.repeat(1_000)}`;
    const options = { mode: 'x'.repeat(120), flags: [true, null] };
    const argumentsText = JSON.stringify({ content, '2': 1, options, path: '/etc/passwd' }, undefined, 1);
    const [two, cut, nested, path, ...others] = linesOf(argumentsText);
    assert.deepEqual([two, path, others], ['2: 1', 'path: "/etc/passwd"', []]);
    assert.match(cut ?? '', /^content: "a{186} … \(1,379 more characters\) … b{186}"$/);
    assert.match(
      nested ?? '',
      /^options: \{"mode": "x{49} … \(22 more characters\) … x{49}", "flags": \[true, null\]\}$/,
    );
    assert.ok(cut?.isWellFormed());
    const words = approvalInWords(request({ argumentsText }), '', en);
    assert.ok(words.includes('path: "/etc/passwd"'), words);
  });

  it('marks arguments that name something twice, or that are not JSON, and shows all of them', () => {
    const long = 'x'.repeat(2_000);
    for (const [argumentsText, shown] of [
      [`{"path":"a","content":"${long}","pa\\u0074h":"b"}`, ['path: "a"', '"pa\\u0074h": "b"']],
      [`{"in":{"path":"a","path":"b"}}`, ['in: {"path": "a", "path": "b"}']],
      [`{"path": "a",\n"content`, ['{"path": "a", "content']],
      ['["a"]', ['["a"]']],
      [`{"a":${'['.repeat(7_000)}${']'.repeat(7_000)},"b":1}`, ['b: 1']],
    ] as const) {
      const lines = linesOf(argumentsText);
      for (const each of shown) assert.ok(lines.includes(each), lines.join('\n'));
      assert.equal(lines.at(-1), texts.unusual);
      assert.ok(approvalInWords(request({ argumentsText }), '', en).includes(texts.unusual));
    }
    for (const usual of ['{}', '', '{"a":{"b":1},"c":{"b":1}}']) assert.ok(!linesOf(usual).includes(texts.unusual));
  });

  it('shows characters that clients hide or use to change the order of others', () => {
    const [shown] = linesOf('{"path":"a\u202ecod.exe\u200b\u3164\u{e0041}"}');
    assert.equal(shown, String.raw`path: "a\u202ecod.exe\u200b\u3164\udb40\udc41"`);
    assert.equal(linesOf('{"a":"\u0007\u061c')[0], String.raw`{"a":"\u0007\u061c`);
    assert.deepEqual(linesOf('{"a\u2066":1}'), [String.raw`"a\u2066": 1`]);
  });

  it('has a bound for all arguments together, and says what it leaves out', () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`key${at}`, 'x'.repeat(80)]));
    const lines = linesOf(JSON.stringify(many));
    assert.ok(lines.join('').length < 10_000);
    assert.match(lines.at(-2) ?? '', /more characters/);
    assert.equal(lines.at(-1), texts.unusual);
  });

  it('accepts the data of its own buttons and rejects any other data', () => {
    const { actions } = approvalCard(request({ isAlwaysOffered: true }), 'submit', en).content;
    const read = actions.map(({ data }: { data: unknown }) => decisionIn(data)?.kind);
    assert.deepEqual(read, ['allow', 'allowAlways', 'deny']);
    for (const id of ['', 'x'.repeat(15), 'x'.repeat(65), `${'x'.repeat(20)}\n`, 4711, null])
      assert.equal(decisionIn({ approval: id, decision: 'allow' }), undefined);
  });
});
