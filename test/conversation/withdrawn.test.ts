import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linesOf, startTimedBot, textsOf, until } from './timed-bot.ts';

const TIMEOUT = { timeout: 20_000 };
const HERE = { channelId: 'emulator' };

/** Teams' activity for a message with this id that its user deleted or edited. */
const changed = (type: string, eventType: string, id: string) => ({ ...HERE, type, id, channelData: { eventType } });
const deleted = (id: string) => changed('messageDelete', 'softDeleteMessage', id);

describe('a message that its user deletes', TIMEOUT, () => {
  for (const channelId of ['msteams', 'slack']) {
    it(`leaves the history with its answer, and closes the session that heard it (${channelId})`, async (t) => {
      const bot = await startTimedBot({ turns: ['Noted', 'Fine', 'No idea'] });
      t.after(() => bot[Symbol.asyncDispose]());
      const group = { channelId, conversation: { id: 'c', conversationType: 'groupChat', isGroup: true } };
      await bot.says('my password is hunter2', { ...group, id: 'secret' });
      await bot.replies(1);
      await bot.says('how are you?', { ...group, id: 'other' });
      await bot.replies(2);
      assert.equal(bot.simulator.openSessions, 1);
      assert.equal((await bot.post(bot.message(undefined, { ...deleted('secret'), ...group }))).status, 200);
      await until(() => bot.simulator.openSessions === 0);
      await bot.says('what is my password?', group);
      await bot.replies(3);
      const asked = bot.script.contexts[2];
      assert.ok(asked);
      assert.deepEqual(linesOf(asked), ['user: how are you?', 'assistant: Fine']);
      assert.equal(bot.connector.messages.length, 3, 'nothing is said of it');
    });
  }

  it('gets no answer if it is still queued, and the others get theirs', async (t) => {
    const gate = Promise.withResolvers<void>();
    const slow = { outputs: [{ text: 'First' }], ending: { kind: 'completed' } as const, gate: gate.promise };
    const bot = await startTimedBot({ turns: [slow, 'Third'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one', HERE);
    await bot.says('two', { ...HERE, id: 'second' });
    await bot.says('three', HERE);
    await bot.post(bot.message(undefined, deleted('second')));
    gate.resolve();
    assert.deepEqual(textsOf(await bot.replies(2)), ['First', 'Third']);
    assert.deepEqual(
      bot.script.contexts.map(({ text }) => text),
      ['one', 'three'],
    );
  });

  it('is not remembered if it is being answered, and the queued ones do not get it', async (t) => {
    const gate = Promise.withResolvers<void>();
    const slow = { outputs: [{ text: 'First' }], ending: { kind: 'completed' } as const, gate: gate.promise };
    const bot = await startTimedBot({ turns: [slow, 'Second'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one', { ...HERE, id: 'first' });
    await bot.says('two', HERE);
    await bot.post(bot.message(undefined, deleted('first')));
    gate.resolve();
    await bot.replies(2);
    assert.deepEqual(bot.script.contexts[1]?.history, []);
  });

  it('closes the session even if the history has already dropped it', async (t) => {
    const bot = await startTimedBot({ turns: ['Noted', 'No idea'], env: { HISTORY_TURNS: '0' } });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('my password is hunter2', { ...HERE, id: 'secret' });
    await bot.replies(1);
    await bot.post(bot.message(undefined, deleted('secret')));
    await until(() => bot.simulator.openSessions === 0);
    await bot.says('what is my password?', HERE);
    await bot.replies(2);
    assert.deepEqual(bot.script.contexts[1]?.history, []);
  });

  it('in another conversation changes nothing here', async (t) => {
    const bot = await startTimedBot({ turns: ['One', 'Two'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one', { ...HERE, id: 'first' });
    await bot.replies(1);
    await bot.post(bot.message(undefined, { ...deleted('first'), conversation: { id: 'another' } }));
    await bot.says('two', HERE);
    await bot.replies(2);
    assert.equal(bot.script.contexts[1]?.history.length, 2);
    assert.equal(new Set(bot.script.contexts.map(({ sessionId }) => sessionId)).size, 1);
  });
});

describe('a message that its user edits', TIMEOUT, () => {
  it('starts no second turn', async (t) => {
    const bot = await startTimedBot({ turns: ['One', 'Two'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one', { ...HERE, id: 'first' });
    await bot.replies(1);
    for (const channelId of ['msteams', 'slack']) {
      for (const eventType of ['editMessage', 'undeleteMessage']) {
        const edit = { ...changed('messageUpdate', eventType, 'first'), channelId, text: 'one and a half' };
        assert.equal((await bot.post(bot.message(undefined, edit))).status, 200);
      }
    }
    await bot.says('two', HERE);
    await bot.replies(2);
    assert.deepEqual(
      bot.script.contexts.map(({ text }) => text),
      ['one', 'two'],
    );
    assert.equal(bot.connector.messages.length, 2);
  });
});
