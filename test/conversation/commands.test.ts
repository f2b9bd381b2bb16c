import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { ask, spoken } from './asking.ts';
import { inConversation, startTimedBot, type TimedBot, textsOf, until } from './timed-bot.ts';

const TIMEOUT = { timeout: 20_000 };
const GROUP = { channelId: 'webchat', conversation: { id: 'team', isGroup: true }, from: { id: 'u1', name: 'Ada' } };

/** The settings of every opened session, in order. */
function sessionsOf(bot: TimedBot) {
  const updates = bot.events.filter(({ from, event }) => from === 'client' && event['type'] === 'session.update');
  return updates.map(({ event }) => {
    const { output_modalities, audio } = event['session'] as {
      output_modalities: string[];
      audio: { output: { voice: string } };
    };
    return [output_modalities[0], audio.output.voice];
  });
}

for (const [scope, fields] of [
  ['personal', {}],
  ['group', GROUP],
] as const) {
  describe(`commands in ${scope} scope`, TIMEOUT, () => {
    const by = scope === 'group' ? 'Ada' : undefined;

    it('list the commands, also for an unknown command, without asking the model', async (t) => {
      const bot = await startTimedBot();
      t.after(() => bot[Symbol.asyncDispose]());
      const help = await ask(bot, '/help', fields);
      for (const name of Object.keys(en.commands.does)) assert.match(help.text, new RegExp(`^- /${name}: `, 'm'));
      const unknown = await ask(bot, '/dance', fields);
      assert.match(unknown.text, /^I don’t know \/dance\./);
      assert.ok(unknown.text.endsWith(help.text));
      assert.deepEqual(bot.events, []);
    });

    it('/reset begins a new history in a new session', async (t) => {
      const bot = await startTimedBot({ turns: ['One', 'Two'] });
      t.after(() => bot[Symbol.asyncDispose]());
      await ask(bot, 'first', fields);
      assert.equal((await ask(bot, '/reset', fields)).text, en.commands.reset(by));
      await until(() => bot.simulator.openSessions === 0);
      await ask(bot, 'second', fields);
      assert.deepEqual(bot.script.contexts[1]?.history, []);
    });

    it('/forget asks for confirmation, and then deletes the record and the audio', async (t) => {
      const bot = await startTimedBot({ turns: [spoken('One'), 'Two'] });
      t.after(() => bot[Symbol.asyncDispose]());
      const url = (await ask(bot, 'first', { channelId: 'emulator', ...fields })).attachments[0].contentUrl;
      assert.equal((await fetch(url)).status, 200);
      for (const command of ['/forget', '/forget everything']) {
        assert.equal((await ask(bot, command, fields)).text, en.commands.confirmForget(by));
        assert.equal((await fetch(url)).status, 200, 'nothing is deleted yet');
      }
      assert.match((await ask(bot, '/usage', fields)).text, /^- questions: 1$/m);
      assert.equal((await ask(bot, '/forget Yes', fields)).text, en.commands.forgotten(by));
      await until(() => bot.simulator.openSessions === 0);
      assert.equal((await fetch(url)).status, 404);
      await ask(bot, 'second', fields);
      assert.deepEqual(bot.script.contexts[1]?.history, []);
      assert.match((await ask(bot, '/usage', fields)).text, /^- questions: 1$/m);
    });

    it('/voice takes effect with the next answer, in a new session that gets the history', async (t) => {
      const bot = await startTimedBot({ turns: ['One', 'Two', 'Three'] });
      t.after(() => bot[Symbol.asyncDispose]());
      await ask(bot, 'first', fields);
      assert.equal((await ask(bot, '/voice Marin', fields)).text, en.commands.voice('marin', by));
      await ask(bot, 'second', fields);
      assert.deepEqual(sessionsOf(bot), [
        ['audio', 'alloy'],
        ['audio', 'marin'],
      ]);
      assert.equal(bot.script.contexts[1]?.history.length, 2);
      await ask(bot, '/reset', fields);
      await ask(bot, 'third', fields);
      assert.deepEqual(sessionsOf(bot)[2], ['audio', 'marin'], 'what was chosen stays');
    });

    it('/voice without a known name offers a choice', async (t) => {
      const bot = await startTimedBot();
      t.after(() => bot[Symbol.asyncDispose]());
      const webchat = { ...fields, channelId: 'webchat' };
      const card = await ask(bot, '/voice', webchat);
      assert.equal(card.text, 'I speak as alloy.');
      const { body, actions } = card.attachments[0].content;
      assert.equal(body[0].choices.length, 10);
      assert.equal(body[0].value, 'alloy');
      const pressed = { ...webchat, value: { ...actions[0].data, [body[0].id]: 'cedar' } };
      const before = bot.connector.messages.length;
      await bot.post(bot.message(undefined, pressed));
      const chosen = (await bot.replies(before + 1)).at(-1)?.body;
      assert.equal(chosen.text, en.commands.voice('cedar', by));
      const list = await ask(bot, '/voice tuba', { ...fields, channelId: 'slack' });
      assert.match(
        list.text,
        /^I don’t have a voice called “tuba”\.\n\nWhich voice would you like\?\n\n- \/voice alloy\n/,
      );
      assert.match(list.text, /- \/voice cedar$/);
      assert.equal(list.attachments, undefined);
    });

    it('/audio off makes answers text only, and /audio on brings the audio back', async (t) => {
      const bot = await startTimedBot({ turns: ['One', 'Two', 'Three'] });
      t.after(() => bot[Symbol.asyncDispose]());
      const here = { channelId: 'emulator', ...fields };
      assert.ok((await ask(bot, 'first', here)).attachments);
      assert.equal((await ask(bot, '/audio off', here)).text, en.commands.audioOff(by));
      const written = await ask(bot, 'second', here);
      assert.deepEqual([written.text, written.attachments], ['Two', undefined]);
      assert.equal((await ask(bot, '/AUDIO On', here)).text, en.commands.audioOn(by));
      assert.ok((await ask(bot, 'third', here)).attachments);
      assert.deepEqual(
        sessionsOf(bot).map(([modality]) => modality),
        ['audio', 'text', 'audio'],
      );
      assert.equal((await ask(bot, '/audio loud', here)).text, en.commands.audioHow);
    });

    it('/stop ends the running answer, says how many waiting messages it dropped, and is answered at once', async (t) => {
      const never = Promise.withResolvers<void>();
      t.after(() => never.resolve());
      const bot = await startTimedBot({ turns: [{ ...spoken('One'), gate: never.promise }, 'Three'] });
      t.after(() => bot[Symbol.asyncDispose]());
      const here = { channelId: 'emulator', ...fields };
      await bot.says('first', here);
      for (const text of ['second', 'and this']) await bot.says(text, here);
      await until(() => bot.script.contexts.length === 1);
      assert.equal((await ask(bot, '/stop', here)).text, en.commands.stopped(2));
      await until(() => bot.events.some(({ event }) => event['type'] === 'response.cancel'));
      assert.equal((await ask(bot, 'third', here)).text, 'Three');
      assert.deepEqual(
        bot.script.contexts.map(({ text }) => text),
        ['first', 'third'],
      );
      assert.deepEqual(textsOf(bot.connector.messages), [en.commands.stopped(2), 'Three']);
    });

    it('/usage shows the total usage with an estimate of its cost', async (t) => {
      const env = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5' };
      const bot = await startTimedBot({ turns: [spoken('One'), spoken('Two')], env });
      t.after(() => bot[Symbol.asyncDispose]());
      assert.match(
        (await ask(bot, '/usage', fields)).text,
        /questions: 0\n- speech: 0:00\n- tokens: 0 in .*0 out\n.*\$0\.00/,
      );
      await ask(bot, 'first', fields);
      await ask(bot, 'second', fields);
      const { text } = await ask(bot, '/usage', fields);
      assert.match(text, /^- questions: 2$/m);
      assert.match(text, /^- speech: 0:04$/m);
      assert.match(text, /^- tokens: [1-9]\d* in \(0 of them from the cache\), 8\d out$/m);
      assert.match(text, /^- estimated cost: \$0\.00\d+ \(prices of 2026-11-22\)$/m);
    });
  });
}

describe('commands', TIMEOUT, () => {
  it('work after a mention, and in German', async (t) => {
    const bot = await startTimedBot();
    t.after(() => bot[Symbol.asyncDispose]());
    const entities = [{ type: 'mention', mentioned: { id: 'bot-1', name: 'Bot' }, text: '<at>Bot</at>' }];
    const { text } = await ask(bot, '<at>Bot</at> /Hilfe', { entities, locale: 'de-DE', channelId: 'msteams' });
    assert.match(text, /^\/Hilfe kenne ich nicht\. .*\n\n- \/help: zeigen, was ich für Sie tun kann/);
  });

  it('are refused to users who are not allowed', async (t) => {
    const bot = await startTimedBot({ env: { ALLOWED_USERS: 'somebody-else' } });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal((await ask(bot, '/forget')).text, en.notAllowed);
  });

  it('of one conversation do not affect any other', async (t) => {
    const never = Promise.withResolvers<void>();
    const bot = await startTimedBot({ turns: [{ ...spoken('One'), gate: never.promise }] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('first', inConversation('a'));
    await until(() => bot.script.contexts.length === 1);
    for (const command of ['/stop', '/forget yes', '/reset', '/voice cedar'])
      await ask(bot, command, inConversation('b'));
    never.resolve();
    const replies = await bot.replies(5);
    assert.equal(replies.at(-1)?.body.text, 'One');
  });

  it('treat a pressed card as the command that it offers, and as nothing else', async (t) => {
    const bot = await startTimedBot({ turns: ['Text'] });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal(
      await ask(bot, 'what is this?', { value: { command: 'voice', choice: 'ash' } }).then(({ text }) => text),
      'Text',
    );
    for (const value of [
      { command: 'forget', choice: '' },
      { command: 'etc/hosts', choice: 'x' },
    ]) {
      const before = bot.connector.messages.length;
      await bot.post(bot.message(undefined, { value }));
      assert.equal((await bot.replies(before + 1)).at(-1)?.body.text, en.textMissing);
    }
  });

  it("repeat no user's words as Markdown, and name nobody whose name is unknown", async (t) => {
    const bot = await startTimedBot();
    t.after(() => bot[Symbol.asyncDispose]());
    assert.match((await ask(bot, '/voice [x](y)')).text, /^I don’t have a voice called “xy”\./);
    const nameless = { ...GROUP, from: { id: 'u2' } };
    assert.equal((await ask(bot, '/reset', nameless)).text, en.commands.reset(undefined));
    const loud = { ...GROUP, from: { id: 'u3', name: '**Eve** [a](b)' } };
    assert.equal((await ask(bot, '/reset', loud)).text, en.commands.reset('Eve ab'));
  });

  it('restore the configured voice', async (t) => {
    const bot = await startTimedBot({ env: { REALTIME_VOICE: 'my-own' } });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal((await ask(bot, '/voice MY-OWN')).text, en.commands.voice('my-own', undefined));
  });

  it('show only tokens if the model has no price', async (t) => {
    const bot = await startTimedBot();
    t.after(() => bot[Symbol.asyncDispose]());
    assert.match((await ask(bot, '/usage')).text, /^- estimated cost: unknown for this model$/m);
  });
});
