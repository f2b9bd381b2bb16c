import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ending } from '../../dev/simulator/responder.ts';
import { inTime } from '../realtime/gathered.ts';
import { conversationOf, failing, held, inConversation, spoken, startTimedBot, textsOf, until } from './timed-bot.ts';

const TIMEOUT = { timeout: 20_000 };
const silence: Ending = { kind: 'hang', afterDeltas: 0, created: false };

describe('messages that need no model', TIMEOUT, () => {
  const picture = { contentType: 'image/png', contentUrl: 'http://127.0.0.1/cat.png', name: 'cat.png' };
  const messages: [string, string | undefined, Record<string, unknown>, RegExp][] = [
    ['without text', '', {}, /Please send text/],
    ['of blanks', ' \n\t ', {}, /Please send text/],
    ['without a text field', undefined, {}, /Please send text/],
    [
      'with an attachment alone that cannot be had',
      undefined,
      { attachments: [picture] },
      /couldn’t download “cat\.png”/,
    ],
    ['longer than 20,000 characters', 'x'.repeat(20_001), {}, /too long.*20,000 characters/],
  ];
  for (const [name, text, fields, expected] of messages) {
    it(`get a polite sentence: ${name}`, async (t) => {
      const bot = await startTimedBot();
      t.after(() => bot[Symbol.asyncDispose]());
      await bot.post(bot.message(text, fields));
      const [reply] = await bot.replies(1);
      assert.match(String(reply?.body.text), expected);
      assert.equal(reply?.body.attachments, undefined);
      assert.deepEqual(bot.events, []);
    });
  }

  it('of exactly 20,000 characters does need the model', async (t) => {
    const bot = await startTimedBot({ turns: ['That was long'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('x'.repeat(20_000));
    assert.deepEqual(textsOf(await bot.replies(1)), ['That was long']);
    assert.equal(bot.script.contexts[0]?.text.length, 20_000);
  });
});

describe('a turn that cannot be answered', TIMEOUT, () => {
  it('ends at its deadline, whatever it waits for', async (t) => {
    const bot = await startTimedBot({
      turns: [{ outputs: [], ending: silence }],
      env: { TURN_TIMEOUT_SECONDS: '7' },
    });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('hello');
    await until(() => bot.script.contexts.length === 1);
    await bot.clock.advance(6_999);
    assert.equal(bot.connector.messages.length, 0);
    await bot.clock.advance(1);
    const [reply] = await bot.replies(1);
    assert.match(String(reply?.body.text), /took too long/);
  });

  it('reports an incident id that the log has with the cause', async (t) => {
    const bot = await startTimedBot({ turns: [failing('invalid_request_error', 'insufficient_quota')] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('hello');
    const [reply] = await bot.replies(1);
    const incident = /\(incident (\w+)\)$/.exec(String(reply?.body.text))?.[1];
    assert.ok(incident !== undefined);
    await bot.logged('turn ended');
    const lines = bot.logs.filter((line) => line['incident'] === incident);
    assert.deepEqual(
      lines.map(({ level, code, conversation, activity }) => [level, code, conversation, activity]),
      [['error', 'quota_exhausted', 'emulator/conversation-1', 'activity-1']],
    );
  });

  it('sends an apology instead of the answer if the session has another voice', async (t) => {
    const bot = await startTimedBot({ turns: ['Hi with another voice'], env: { REALTIME_VOICE: 'bob' } });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('hello');
    const [reply] = await bot.replies(1);
    assert.match(String(reply?.body.text), /isn’t set up correctly/);
    assert.equal(reply?.body.attachments, undefined);
  });

  it('does not prevent the next one', async (t) => {
    const bot = await startTimedBot({ turns: [failing('invalid_request_error', 'invalid_value'), 'Hi'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one');
    await bot.says('two');
    const [, second] = await bot.replies(2);
    assert.equal(second?.body.text, 'Hi');
  });

  it('is retried after a transient failure of the service', async (t) => {
    let refusals = 1;
    const refuse = () => (refusals-- > 0 ? { status: 503, headers: { 'Retry-After': '2' } } : undefined);
    const bot = await startTimedBot({ turns: ['Hi'], simulator: { refuse } });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('hello');
    await bot.clock.whenWaiting(2_000);
    await bot.clock.advance(2_000);
    assert.deepEqual(textsOf(await bot.replies(1)), ['Hi']);
  });

  it('is not retried if the service denies access', async (t) => {
    let refusals = 0;
    const refuse = () => {
      refusals += 1;
      return { status: 401 };
    };
    const bot = await startTimedBot({ simulator: { refuse } });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('hello');
    const [reply] = await bot.replies(1);
    assert.match(String(reply?.body.text), /tell the person who runs this bot/);
    assert.equal(refusals, 1);
  });
});

describe('draining', TIMEOUT, () => {
  it('tells queued users at once, and lets the running answer finish', async (t) => {
    const gate = Promise.withResolvers<void>();
    const bot = await startTimedBot({ turns: [held('At last', gate.promise)] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one');
    await bot.says('two');
    await bot.says('three');
    await until(() => bot.script.contexts.length === 1);
    const closed = bot.app.close();
    const told = await bot.replies(2);
    for (const text of textsOf(told)) assert.match(text, /I’m restarting.*send that again/);
    assert.deepEqual(told.map(({ body }) => body.replyToId).toSorted(), ['activity-2', 'activity-3']);
    gate.resolve();
    await inTime(closed);
    assert.equal(textsOf(bot.connector.messages).at(-1), 'At last');
    await until(() => bot.simulator.openSessions === 0);
  });

  it('rejects new messages, and remembers none of them', async (t) => {
    const gate = Promise.withResolvers<void>();
    const bot = await startTimedBot({ turns: [held('At last', gate.promise)] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one');
    await until(() => bot.script.contexts.length === 1);
    const closed = bot.app.close();
    assert.equal((await bot.says('two')).status, 503);
    gate.resolve();
    await inTime(closed);
    assert.deepEqual(textsOf(bot.connector.messages), ['At last']);
  });

  it('aborts answers that take too long, and tells the user', async (t) => {
    const hung = spoken('Once upon a time', { kind: 'hang', afterDeltas: 1 });
    const turns = [{ outputs: [], ending: silence }, hung, 'Hi'];
    const bot = await startTimedBot({ turns, env: { DRAIN_SECONDS: '8' } });
    t.after(() => bot[Symbol.asyncDispose]());
    for (const [index, text] of ['one', 'two'].entries()) {
      await bot.says(text, inConversation(text));
      await until(() => bot.script.contexts.length === index + 1);
    }
    await until(() => bot.events.some(({ event }) => event['type'] === 'response.output_audio.delta'));
    // Once a later question is answered, everything sent before has arrived, too.
    await bot.says('three', inConversation('three'));
    await bot.replies(1);
    const closed = bot.app.close();
    await bot.clock.whenWaiting(8_000);
    await bot.clock.advance(8_000);
    await inTime(closed);
    const texts = Object.fromEntries(bot.connector.messages.map((reply) => [conversationOf(reply), reply.body.text]));
    assert.match(texts['one'], /I’m restarting.*\(incident \w+\)/);
    assert.match(texts['two'], /^Once/);
    assert.equal(bot.connector.messages.length, 3);
  });

  it('is done at once if nothing runs, and may be called twice', async (t) => {
    const bot = await startTimedBot();
    t.after(() => bot[Symbol.asyncDispose]());
    await Promise.all([bot.app.close(), bot.app.close()]);
    await bot.app.close();
  });
});
