import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import { startBot } from '../support/bot.ts';
import { startFakeConnector } from '../support/fake-connector.ts';
import { watchedLog } from './watched-log.ts';

const REFUSAL = { error: { code: 'Refused', message: 'no such conversation' } };

/** A bot whose model holds its first answer until it is released. */
async function holding(t: TestContext, ...more: readonly ScriptedTurn[]) {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const first: ScriptedTurn = () => {
    asked.resolve();
    return { outputs: [{ text: 'First' }], ending: { kind: 'completed' }, gate: gate.promise };
  };
  const watched = watchedLog();
  const bot = await startBot({ turns: [first, ...more], deps: { log: watched.log } });
  t.after(() => bot[Symbol.asyncDispose]());
  return { bot, watched, release: () => gate.resolve(), whenAsked: asked.promise };
}

describe('a conversation that the channel no longer has', { timeout: 30_000 }, () => {
  for (const status of [403, 404]) {
    it(`loses its queue and its session after ${status}, and its record is kept`, async (t) => {
      const { bot, watched, release, whenAsked } = await holding(t, ({ history }) => {
        assert.deepEqual(
          history.map(({ text }) => text),
          ['hello', 'First'],
        );
        return 'Welcome back';
      });
      bot.connector.rule = () => ({ status, body: REFUSAL });
      await bot.says('hello');
      await whenAsked;
      await bot.says('waits');
      await bot.says('waits too');
      assert.equal(bot.simulator.openSessions, 1);
      release();
      const line = await watched.when(({ msg }) => msg === 'reply not sent');
      assert.equal((line['err'] as { code: string }).code, 'conversation_gone');

      bot.connector.rule = () => undefined;
      await bot.says('I let you in again');
      const [reply] = await bot.connector.whenMessages(1);
      assert.equal(reply?.body.text, 'Welcome back');
      assert.equal(reply?.body.replyToId, 'activity-4');
      assert.equal(new Set(bot.events.map(({ sessionId }) => sessionId)).size, 2);
    });
  }

  it('does not affect the queues and sessions of other conversations', async (t) => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const held: ScriptedTurn = () => {
      asked.resolve();
      return { outputs: [{ text: 'Third' }], ending: { kind: 'completed' }, gate: gate.promise };
    };
    const { bot, watched, release, whenAsked } = await holding(t, 'Second', held, 'Fourth');
    bot.connector.rule = ({ path }) => (path.includes('/gone/') ? { status: 404, body: REFUSAL } : undefined);
    const here = { conversation: { id: 'here' } };
    await bot.says('hello', { conversation: { id: 'gone' } });
    await whenAsked;
    await bot.says('hello', here);
    await bot.connector.whenMessages(1);
    await bot.says('hold on', here);
    await asked.promise;
    await bot.says('this waits', here);
    release();
    await watched.when(({ msg }) => msg === 'reply not sent');
    gate.resolve();
    const replies = await bot.connector.whenMessages(3);
    assert.deepEqual(
      replies.map(({ body }) => body.text),
      ['Second', 'Third', 'Fourth'],
    );
    assert.equal(new Set(bot.events.map(({ sessionId }) => sessionId)).size, 2);
  });

  it('still answers an expectReplies request', async (t) => {
    const { bot, watched, release, whenAsked } = await holding(t, 'In band');
    bot.connector.rule = () => ({ status: 404, body: REFUSAL });
    await bot.says('hello');
    await whenAsked;
    const waiting = bot.says('answer me here', { deliveryMode: 'expectReplies' });
    await bot.says('nobody is there for this one');
    release();
    const { activities } = (await (await waiting).json()) as { activities: { text: string }[] };
    assert.deepEqual(
      activities.map(({ text }) => text),
      ['In band'],
    );
    assert.equal(watched.lines.filter(({ msg }) => msg === 'reply not sent').length, 1);
  });
});

describe('a conversation whose service URL changes', { timeout: 30_000 }, () => {
  it('gets every answer at the URL of its newest message, even answers to earlier ones', async (t) => {
    const { bot, release, whenAsked } = await holding(t, 'Second');
    const moved = await startFakeConnector();
    t.after(() => moved[Symbol.asyncDispose]());
    await bot.says('hello');
    await whenAsked;
    await bot.says('hello from afar', { serviceUrl: moved.url });
    release();
    const replies = await moved.whenMessages(2);
    assert.deepEqual(
      replies.map(({ body }) => [body.text, body.replyToId]),
      [
        ['First', 'activity-1'],
        ['Second', 'activity-2'],
      ],
    );
    assert.deepEqual(bot.connector.messages, []);
  });

  it('keeps the new URL when an old message is delivered again', async (t) => {
    const { bot, release, whenAsked } = await holding(t, 'Second');
    const moved = await startFakeConnector();
    t.after(() => moved[Symbol.asyncDispose]());
    const first = bot.message('hello', { timestamp: new Date(Date.now() - 1_000).toISOString() });
    await bot.post(first);
    await whenAsked;
    await bot.says('hello from afar', { serviceUrl: moved.url });
    assert.equal((await bot.post(first)).status, 200);
    release();
    await moved.whenMessages(2);
  });

  it('moves without the others', async (t) => {
    const { bot, release, whenAsked } = await holding(t, 'Second');
    const moved = await startFakeConnector();
    t.after(() => moved[Symbol.asyncDispose]());
    await bot.says('hello');
    await whenAsked;
    await bot.says('hello', { serviceUrl: moved.url, conversation: { id: 'conversation-2' } });
    release();
    assert.equal((await bot.connector.whenMessages(1))[0]?.body.text, 'First');
    assert.equal((await moved.whenMessages(1))[0]?.body.text, 'Second');
  });
});
