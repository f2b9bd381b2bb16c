import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { closingAfter } from '../support/closing.ts';
import { ApprovalChat, type ApprovingBot, startApproving } from './approving.ts';

const { approval: texts } = en;
const ALLOWED = texts.allowed('Write a note', undefined);
const BEFORE = `${texts.decidedBefore} ${ALLOWED}`;
const done = (text: string) => `${ALLOWED}\n\nSaid: echo: {"text":"${text}"}`;

describe('a button of a call that waits', () => {
  const closing = closingAfter(after);
  let under: ApprovingBot;
  before(async () => {
    under = await startApproving(closing);
  });
  const chatWith = async (text: string) => {
    const chat = new ApprovalChat(under.bot);
    await chat.ask(text);
    return chat;
  };

  it('runs the call once, however often it is pressed at the same time', async () => {
    const chat = await chatWith('do note A');
    const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await chat.press('allow')).status));
    assert.deepEqual(statuses, [200, 200, 200, 200]);
    await chat.whenSaid('Said: echo');
    const said = (await chat.when(2 + 4)).slice(2).sort();
    assert.deepEqual(said, [done('A'), BEFORE, BEFORE, BEFORE].sort());
    await chat.press('deny');
    assert.equal((await chat.when(7)).at(-1), BEFORE);
    assert.equal(under.ran('A'), 1);
  });

  it('is answered once if its activity is delivered again, before and after its turn', async () => {
    const chat = await chatWith('do note B');
    const activity = chat.activity(undefined, { value: chat.data('allow') });
    await Promise.all([under.bot.post(activity), under.bot.post(activity)]);
    await chat.whenSaid('Said: echo');
    assert.equal((await under.bot.post(activity)).status, 200);
    await chat.say('next');
    await chat.whenSaid('Re: next');
    const said = [...chat.texts.slice(2)].sort();
    assert.deepEqual(said, [done('B'), 'Re: next']);
    assert.equal(under.ran('B'), 1);
  });

  it('waits for a long turn, and later messages wait for it', async () => {
    const chat = await chatWith('do note C');
    const { held, release } = under.model.hold('a long question C');
    await chat.say('a long question C');
    await held;
    await chat.press('allow');
    await chat.say('after C');
    assert.equal(under.ran('C'), 0);
    release();
    await chat.whenSaid('Re: after C');
    assert.deepEqual(chat.texts.slice(-3), ['Re: a long question C', done('C'), 'Re: after C']);
  });

  it('stays good after other messages', async () => {
    const chat = await chatWith('do note D');
    await chat.say('hello');
    await chat.whenSaid('Re: hello');
    await chat.press('allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('D'), 1);
  });

  for (const command of ['/reset', '/forget yes']) {
    it(`gets a polite refusal after ${command}`, async () => {
      const text = `E ${command}`;
      const chat = await chatWith(`do note ${text}`);
      await chat.say(command);
      await chat.when(3);
      const activity = chat.activity(undefined, { value: chat.data('allow') });
      await under.bot.post(activity);
      assert.equal((await chat.when(4)).at(-1), texts.gone);
      await under.bot.post(activity);
      await chat.say('next');
      await chat.whenSaid('Re: next');
      assert.equal(chat.messages.length, 5, 'the same activity is answered once');
      assert.equal(under.ran(text), 0);
    });
  }

  it('of an unknown call gets a polite refusal', async () => {
    const chat = new ApprovalChat(under.bot);
    await chat.say(undefined, { value: { approval: 'x'.repeat(32), decision: 'allow' } });
    assert.deepEqual(await chat.when(1), [texts.gone]);
  });

  it('runs nothing if it is forged', async () => {
    const chat = await chatWith('do note F');
    const { approval } = chat.data('allow');
    const values: unknown[] = [
      { approval, decision: 'yes' },
      { approval, decision: ['allow'] },
      { approval: [approval], decision: 'allow' },
      { approval: `${approval} `, decision: 'allow' },
      { approval: { toString: 'x' }, decision: 'allow' },
      { approval: '../../approvals', decision: 'allow' },
      { approval: "' OR '1'='1' --", decision: 'allow' },
      { approval: 'a'.repeat(100_000), decision: 'allow' },
      { approval: '\u0000'.repeat(32), decision: 'allow' },
      { decision: 'allow', __proto__: { approval } },
      { data: { approval, decision: 'allow' } },
      'allow',
      [approval, 'allow'],
      null,
      4711,
    ];
    for (const value of values) {
      const { status } = await under.bot.post(chat.activity(undefined, { value }));
      assert.ok(status === 200 || status === 400, `${JSON.stringify(value)?.slice(0, 80)}: ${status}`);
    }
    await chat.say('next');
    await chat.whenSaid('Re: next');
    assert.equal(under.ran('F'), 0);
    await chat.press('allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('F'), 1);
  });

  it('is a message if there is a text with it', async () => {
    const chat = await chatWith('do note G');
    await chat.say('and what is this?', { value: chat.data('allow') });
    await chat.whenSaid('Re: and what is this?');
    assert.equal(under.ran('G'), 0);
  });

  it('of a full queue can be pressed again later', async () => {
    const chat = await chatWith('do note H');
    const { held, release } = under.model.hold('fill 0');
    for (let each = 0; each <= 16; each++) {
      await chat.say(`fill ${each}`);
      if (each === 0) await held;
    }
    await chat.press('allow');
    await chat.whenSaid(en.queueFull);
    assert.ok(!chat.texts.some((each) => each.startsWith(ALLOWED)), chat.texts.join());
    release();
    await chat.whenSaid('Re: fill 16');
    await chat.press('allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('H'), 1);
  });

  it('can be pressed again after a full queue, even if the first press is delivered twice', async () => {
    const chat = await chatWith('do note J');
    const { held, release } = under.model.hold('crowd 0');
    for (let each = 0; each <= 16; each++) {
      await chat.say(`crowd ${each}`);
      if (each === 0) await held;
    }
    const pressed = chat.activity(undefined, { value: chat.data('allow') });
    await under.bot.post(pressed);
    await chat.whenSaid(en.queueFull);
    release();
    await chat.whenSaid('Re: crowd 16');
    assert.equal((await under.bot.post(pressed)).status, 200);
    await chat.press('allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('J'), 1);
    assert.ok(!chat.texts.includes(BEFORE), chat.texts.join());
  });

  it('can be pressed again after /stop, even if the first press is delivered twice', async () => {
    const chat = await chatWith('do note K');
    const { held } = under.model.hold('a long question K');
    await chat.say('a long question K');
    await held;
    const pressed = chat.activity(undefined, { value: chat.data('allow') });
    await under.bot.post(pressed);
    await chat.say('/stop');
    await chat.whenSaid(en.commands.stopped(0));
    assert.equal((await under.bot.post(pressed)).status, 200);
    await chat.press('allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('K'), 1);
    assert.ok(!chat.texts.includes(BEFORE), chat.texts.join());
  });

  it('can be pressed again if /stop came before its turn', async () => {
    const chat = await chatWith('do note I');
    const { held } = under.model.hold('a long question I');
    await chat.say('a long question I');
    await held;
    await chat.press('allow');
    await chat.say('/stop');
    await chat.whenSaid(en.commands.stopped(0));
    await chat.press('allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('I'), 1);
    assert.ok(!chat.texts.includes(BEFORE), chat.texts.join());
  });
});
