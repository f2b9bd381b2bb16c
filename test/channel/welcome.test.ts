import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { startBot } from '../support/bot.ts';
import { announce, BOT, EVENTS, textsAfterATurn, USER } from './announcements.ts';
import { watchedLog } from './watched-log.ts';

describe('a new conversation', () => {
  for (const channelId of ['emulator', 'webchat', 'msteams']) {
    it(`is greeted after any announcement in ${channelId}`, async (t) => {
      const bot = await startBot();
      t.after(() => bot[Symbol.asyncDispose]());
      for (const [index, [name, event]] of Object.entries(EVENTS).entries()) {
        assert.equal((await announce(bot, event, { channelId, conversation: { id: name } })).status, 200);
        const welcome = (await bot.connector.whenMessages(index + 1))[index];
        assert.equal(welcome?.body.conversation.id, name);
        assert.equal(welcome?.body.text, en.welcome);
        assert.equal(welcome?.body.attachments, undefined);
      }
      assert.equal(bot.simulator.openSessions, 0);
    });
  }

  for (const [first, firstEvent] of Object.entries(EVENTS)) {
    it(`is greeted once if ${first} comes first and all others follow`, async (t) => {
      const bot = await startBot({ turns: ['Answer'] });
      t.after(() => bot[Symbol.asyncDispose]());
      await announce(bot, firstEvent);
      for (const event of Object.values(EVENTS)) await announce(bot, event);
      assert.deepEqual(await textsAfterATurn(bot), [en.welcome, 'Answer']);
    });
  }

  it('is greeted once if all announcements come at once', async (t) => {
    const bot = await startBot({ turns: ['Answer'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await Promise.all(Object.values(EVENTS).map((event) => announce(bot, event)));
    assert.deepEqual(await textsAfterATurn(bot), [en.welcome, 'Answer']);
  });

  it('is not greeted after its first message, not even while that is being answered', async (t) => {
    const gate = Promise.withResolvers<void>();
    const held = { outputs: [{ text: 'First' }], ending: { kind: 'completed' } as const, gate: gate.promise };
    const bot = await startBot({ turns: [held, 'Second'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('hello');
    for (const event of Object.values(EVENTS)) await announce(bot, event);
    gate.resolve();
    assert.deepEqual(await textsAfterATurn(bot), ['First', 'Second']);
  });

  it('gets its own greeting, whatever happens in others', async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    const ids = ['a', 'b', 'a/b', 'A'];
    await Promise.all(
      ids.flatMap((id) => Object.values(EVENTS).map((event) => announce(bot, event, { conversation: { id } }))),
    );
    await bot.connector.whenMessages(ids.length);
    assert.deepEqual(
      bot.connector.messages.map(({ path }) => decodeURIComponent(path.split('/')[3] ?? '')).sort(),
      [...ids].sort(),
    );
  });

  it('gets its own greeting even if another channel has one of the same name', async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    const event = { type: 'installationUpdate', action: 'add' };
    await announce(bot, event, { channelId: 'webchat' });
    await announce(bot, event, { channelId: 'msteams' });
    assert.equal((await bot.connector.whenMessages(2)).length, 2);
  });

  it('keeps working if the channel rejects the greeting', async (t) => {
    const watched = watchedLog();
    const bot = await startBot({ turns: ['Answer'], deps: { log: watched.log } });
    t.after(() => bot[Symbol.asyncDispose]());
    bot.connector.rule = ({ body }) => (body.text === en.welcome ? { status: 403 } : undefined);
    assert.equal((await announce(bot, { type: 'installationUpdate', action: 'add' })).status, 200);
    await watched.when(({ msg }) => msg === 'reply not sent');
    assert.deepEqual(await textsAfterATurn(bot), ['Answer']);
  });

  it('gets its greeting before the POST is answered on expectReplies', async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    const response = await announce(bot, { type: 'installationUpdate', action: 'add', deliveryMode: 'expectReplies' });
    const { activities } = (await response.json()) as { activities: { text: string }[] };
    assert.deepEqual(
      activities.map(({ text }) => text),
      [en.welcome],
    );
    assert.deepEqual(bot.connector.calls, []);
  });

  it('is not greeted on other events', async (t) => {
    const bot = await startBot({ turns: ['Answer'] });
    t.after(() => bot[Symbol.asyncDispose]());
    for (const event of [
      { type: 'conversationUpdate' },
      { type: 'conversationUpdate', membersAdded: [] },
      { type: 'conversationUpdate', membersRemoved: [USER] },
      { type: 'conversationUpdate', topicName: 'New name' },
      { type: 'installationUpdate', action: 'remove' },
      { type: 'installationUpdate', action: 'something' },
      { type: 'installationUpdate' },
      { type: 'typing' },
      { type: 'event', name: 'webchat/join' },
      { type: 'messageReaction', reactionsAdded: [{ type: 'like' }] },
      { type: 'messageUpdate', text: 'hello' },
      { type: 'messageDelete' },
      { type: 'endOfConversation' },
      { type: 'a-type-of-tomorrow' },
    ]) {
      assert.equal((await announce(bot, event)).status, 200, JSON.stringify(event));
    }
    assert.deepEqual(await textsAfterATurn(bot), ['Answer']);
  });
});

describe('a team', () => {
  const TEAM = {
    channelId: 'msteams',
    conversation: { id: '19:abc@thread.tacv2', conversationType: 'channel', isGroup: true },
  };
  const AT_BOT = { entities: [{ type: 'mention', text: '<at>Bot</at>', mentioned: BOT }] };

  it('is not greeted when a person joins or the app is updated', async (t) => {
    const bot = await startBot({ turns: ['Answer'] });
    t.after(() => bot[Symbol.asyncDispose]());
    for (const event of [
      { type: 'conversationUpdate', membersAdded: [{ id: '29:new' }] },
      { type: 'conversationUpdate', membersAdded: [{ id: '29:new' }, {}, { id: '' }], recipient: {} },
      { type: 'conversationUpdate', membersAdded: [{}], recipient: undefined },
      { type: 'installationUpdate', action: 'add-upgrade' },
      { type: 'installationUpdate', action: 'remove-upgrade' },
    ]) {
      assert.equal((await announce(bot, event, TEAM)).status, 200, JSON.stringify(event));
    }
    assert.deepEqual(await textsAfterATurn(bot, { ...TEAM, ...AT_BOT }), ['Answer']);
  });

  for (const event of [
    { type: 'conversationUpdate', membersAdded: [{ id: '29:new' }, BOT] },
    { type: 'installationUpdate', action: 'add' },
  ]) {
    it(`is greeted when the bot itself is added (${event.type})`, async (t) => {
      const bot = await startBot();
      t.after(() => bot[Symbol.asyncDispose]());
      await announce(bot, event, TEAM);
      assert.equal((await bot.connector.whenMessages(1))[0]?.body.text, en.welcomeGroup);
    });
  }
});

describe('a group', () => {
  for (const [channelId, words] of [
    ['slack', 'welcomeGroup'],
    ['telegram', 'welcomeGroup'],
    ['directline', 'welcome'],
  ] as const) {
    it(`is told to mention the bot where that is required (${channelId}: ${words})`, async (t) => {
      const bot = await startBot();
      t.after(() => bot[Symbol.asyncDispose]());
      const group = { channelId, conversation: { id: 'group-1', isGroup: true } };
      await announce(bot, { type: 'conversationUpdate', membersAdded: [BOT] }, group);
      assert.equal((await bot.connector.whenMessages(1))[0]?.body.text, en[words]);
    });
  }
});

describe('a conversation from which the bot was removed', () => {
  const REMOVALS: Record<string, Record<string, unknown>> = {
    conversationUpdate: { type: 'conversationUpdate', membersRemoved: [USER, BOT] },
    installationUpdate: { type: 'installationUpdate', action: 'remove' },
  };
  for (const [name, removal] of Object.entries(REMOVALS)) {
    it(`loses its record (${name}) and is greeted again`, async (t) => {
      const bot = await startBot({ turns: ['One', 'Two'] });
      t.after(() => bot[Symbol.asyncDispose]());
      await bot.says('my secret');
      await bot.connector.whenMessages(1);
      await announce(bot, removal);
      await announce(bot, { type: 'installationUpdate', action: 'add' });
      assert.deepEqual(await textsAfterATurn(bot), ['One', en.welcome, 'Two']);
      assert.deepEqual(bot.script.contexts[1]?.history, []);
    });

    it(`loses its record even while it is being answered (${name})`, async (t) => {
      const gate = Promise.withResolvers<void>();
      const asked = Promise.withResolvers<void>();
      const held = () => {
        asked.resolve();
        return { outputs: [{ text: 'One' }], ending: { kind: 'completed' } as const, gate: gate.promise };
      };
      const bot = await startBot({ turns: [held, 'Two'] });
      t.after(() => bot[Symbol.asyncDispose]());
      await bot.says('my secret');
      await asked.promise;
      await announce(bot, removal);
      await bot.logged('turn ended');
      gate.resolve();
      await textsAfterATurn(bot);
      assert.deepEqual(bot.script.contexts[1]?.history, []);
    });
  }

  it('loses its queue without a reply', async (t) => {
    const gate = Promise.withResolvers<void>();
    const held = { outputs: [{ text: 'One' }], ending: { kind: 'completed' } as const, gate: gate.promise };
    const bot = await startBot({ turns: [held, 'Three'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one');
    await bot.says('two');
    await announce(bot, { type: 'installationUpdate', action: 'remove' });
    gate.resolve();
    assert.deepEqual(await textsAfterATurn(bot), ['Three']);
  });

  it('keeps its record when only somebody else or nobody was removed, or the app was updated', async (t) => {
    const bot = await startBot({ turns: ['One', 'Two'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('my name is Ada');
    await bot.connector.whenMessages(1);
    for (const recipient of [BOT, {}, { id: '' }, undefined])
      await announce(bot, { type: 'conversationUpdate', membersRemoved: [USER, {}, { id: '' }], recipient });
    await announce(bot, { type: 'installationUpdate', action: 'remove-upgrade' });
    await textsAfterATurn(bot);
    assert.deepEqual(
      bot.script.contexts[1]?.history.map(({ text }) => text),
      ['my name is Ada', 'One'],
    );
  });

  const channel = { id: '19:abc@thread.tacv2' };
  for (const [name, removal, left] of [
    ['a whole team with all of its threads, when the bot is removed from it', { membersRemoved: [BOT] }, [0, 0, 0, 2]],
    ['a whole team, when it is deleted', { channelData: { eventType: 'teamDeleted' } }, [0, 0, 0, 2]],
    ['a channel, when it is deleted', { channelData: { eventType: 'channelDeleted', channel } }, [0, 0, 2, 2]],
    [
      'no thread, when the activity does not name the channel',
      { channelData: { eventType: 'channelDeleted' } },
      [2, 2, 2, 2],
    ],
  ] as const) {
    it(`loses the records of ${name}`, async (t) => {
      const bot = await startBot({ turns: ['1', '2', '3', '4', '1', '2', '3', '4'] });
      t.after(() => bot[Symbol.asyncDispose]());
      const inThread = (id: string, team: string) => ({
        channelId: 'msteams',
        conversation: { id, conversationType: 'channel', isGroup: true },
        channelData: { team: { id: team } },
        entities: [{ type: 'mention', text: '<at>Bot</at>', mentioned: BOT }],
      });
      const threads = [
        inThread(`${channel.id};messageid=1`, 'team-1'),
        inThread(`${channel.id};messageid=2`, 'team-1'),
        inThread('19:general@thread.tacv2', 'team-1'),
        inThread('19:other@thread.tacv2;messageid=4', 'team-2'),
      ];
      const sayToAll = async (text: string, count: number) => {
        for (const fields of threads) {
          await bot.says(`<at>Bot</at> ${text}`, fields);
          await bot.connector.whenMessages(++count);
        }
      };
      await sayToAll('secret', 0);
      const channelData = { ...('channelData' in removal ? removal.channelData : {}), team: { id: 'team-1' } };
      await announce(bot, { type: 'conversationUpdate', ...removal, channelData }, { ...threads[2], channelData });
      await sayToAll('again', 4);
      assert.deepEqual(
        bot.script.contexts.slice(4).map(({ history }) => history.length),
        left,
      );
    });
  }
});
