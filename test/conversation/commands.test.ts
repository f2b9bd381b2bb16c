import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { streamInfo } from '../support/teams-rules.ts';
import { inConversation, startTimedBot, type TimedBot, textsOf, until } from './timed-bot.ts';

const PATIENCE = { timeout: 20_000 };
const GROUP = { channelId: 'webchat', conversation: { id: 'team', isGroup: true }, from: { id: 'u1', name: 'Ada' } };
const SOUND = Buffer.alloc(96_000, 3);
const spoken = (text: string) => ({ outputs: [{ text, pcm: SOUND }], ending: { kind: 'completed' } as const });

/** Says something and waits for what is said to it. */
async function ask(bot: TimedBot, text: string, fields: Record<string, unknown> = {}) {
  const before = bot.connector.messages.length;
  assert.equal((await bot.says(text, fields)).status, 200);
  const replies = await bot.replies(before + 1);
  return replies.at(-1)?.body;
}

/** The settings of every session that was opened, in order. */
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
  describe(`commands in ${scope} scope`, PATIENCE, () => {
    const by = scope === 'group' ? 'Ada' : undefined;

    it('list what there is, also for one that there is not, and ask no model', async (t) => {
      const bot = await startTimedBot();
      t.after(() => bot[Symbol.asyncDispose]());
      const help = await ask(bot, '/help', fields);
      for (const name of Object.keys(en.commands.does)) assert.match(help.text, new RegExp(`^- /${name}: `, 'm'));
      const unknown = await ask(bot, '/dance', fields);
      assert.match(unknown.text, /^I don’t know \/dance\./);
      assert.ok(unknown.text.endsWith(help.text));
      assert.deepEqual(bot.events, []);
    });

    it('/reset begins a new conversation in a new session', async (t) => {
      const bot = await startTimedBot({ turns: ['One', 'Two'] });
      t.after(() => bot[Symbol.asyncDispose]());
      await ask(bot, 'first', fields);
      assert.equal((await ask(bot, '/reset', fields)).text, en.commands.reset(by));
      await until(() => bot.simulator.openSessions === 0);
      await ask(bot, 'second', fields);
      assert.deepEqual(bot.script.asked[1]?.history, []);
    });

    it('/forget asks first, and then deletes the record and the sound', async (t) => {
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
      assert.deepEqual(bot.script.asked[1]?.history, []);
      assert.match((await ask(bot, '/usage', fields)).text, /^- questions: 1$/m);
    });

    it('/voice takes effect with the next answer, by a new session that is told what was said', async (t) => {
      const bot = await startTimedBot({ turns: ['One', 'Two', 'Three'] });
      t.after(() => bot[Symbol.asyncDispose]());
      await ask(bot, 'first', fields);
      assert.equal((await ask(bot, '/voice Marin', fields)).text, en.commands.voice('marin', by));
      await ask(bot, 'second', fields);
      assert.deepEqual(sessionsOf(bot), [
        ['audio', 'alloy'],
        ['audio', 'marin'],
      ]);
      assert.equal(bot.script.asked[1]?.history.length, 2);
      await ask(bot, '/reset', fields);
      await ask(bot, 'third', fields);
      assert.deepEqual(sessionsOf(bot)[2], ['audio', 'marin'], 'what was chosen stays');
    });

    it('/voice without a known name lets people choose', async (t) => {
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

    it('/audio off has the answers written, and on spoken again', async (t) => {
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

    it('/stop ends the answer that is made, drops what waits, and is answered at once', async (t) => {
      const never = Promise.withResolvers<void>();
      t.after(() => never.resolve());
      const bot = await startTimedBot({ turns: [{ ...spoken('One'), gate: never.promise }, 'Three'] });
      t.after(() => bot[Symbol.asyncDispose]());
      const here = { channelId: 'emulator', ...fields };
      await bot.says('first', here);
      await bot.says('second', here);
      await until(() => bot.script.asked.length === 1);
      assert.equal((await ask(bot, '/stop', here)).text, 'Stopped.');
      await until(() => bot.events.some(({ event }) => event['type'] === 'response.cancel'));
      assert.equal((await ask(bot, 'third', here)).text, 'Three');
      assert.deepEqual(
        bot.script.asked.map(({ text }) => text),
        ['first', 'third'],
      );
      assert.deepEqual(textsOf(bot.connector.messages), ['Stopped.', 'Three']);
    });

    it('/usage adds up what was used, with an estimate of its cost', async (t) => {
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

describe('commands', PATIENCE, () => {
  it('work after a mention, and in German', async (t) => {
    const bot = await startTimedBot();
    t.after(() => bot[Symbol.asyncDispose]());
    const entities = [{ type: 'mention', mentioned: { id: 'bot-1', name: 'Bot' }, text: '<at>Bot</at>' }];
    const { text } = await ask(bot, '<at>Bot</at> /Hilfe', { entities, locale: 'de-DE', channelId: 'msteams' });
    assert.match(text, /^\/Hilfe kenne ich nicht\. .*\n\n- \/help: zeigen, was ich für Sie tun kann/);
  });

  it('are refused to people who are not let in', async (t) => {
    const bot = await startTimedBot({ env: { ALLOWED_USERS: 'somebody-else' } });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal((await ask(bot, '/forget')).text, en.notAllowed);
  });

  it('of one conversation leave all others alone', async (t) => {
    const never = Promise.withResolvers<void>();
    const bot = await startTimedBot({ turns: [{ ...spoken('One'), gate: never.promise }] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('first', inConversation('a'));
    await until(() => bot.script.asked.length === 1);
    for (const command of ['/stop', '/forget yes', '/reset', '/voice cedar'])
      await ask(bot, command, inConversation('b'));
    never.resolve();
    const replies = await bot.replies(5);
    assert.equal(replies.at(-1)?.body.text, 'One');
  });

  it('take a pressed card for what it offers, and for nothing else', async (t) => {
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

  it('/stop leaves what was said so far, in text and sound, and says that it was stopped', async (t) => {
    const hanging = { outputs: spoken('One two three').outputs, ending: { kind: 'hang', afterDeltas: 2 } } as const;
    const bot = await startTimedBot({ turns: [hanging, 'Two'] });
    t.after(() => bot[Symbol.asyncDispose]());
    const here = { channelId: 'emulator' };
    await bot.says('first', here);
    await until(() => bot.events.some(({ event }) => event['type'] === 'response.output_audio.delta'));
    await bot.says('/stop', here);
    const replies = (await bot.replies(2)).map(({ body }) => body);
    const stopped = replies.find(({ text }) => text !== en.commands.stopped);
    assert.match(stopped.text, /^One[a-z ]*\n\n\(I was stopped here\.\)$/);
    const wav = Buffer.from(await (await fetch(stopped.attachments[0].contentUrl)).arrayBuffer());
    assert.ok(wav.byteLength > 44 && wav.byteLength < SOUND.byteLength, `${wav.byteLength} bytes`);
    assert.equal((await ask(bot, 'second', here)).text, 'Two');
    assert.match(bot.script.asked[1]?.history.at(-1)?.text ?? '', /^One/);
  });

  it('count what an answer has cost that was stopped', async (t) => {
    // The simulator ends a response that hangs when it is cancelled, and tells its usage.
    const hanging = { outputs: spoken('One two three').outputs, ending: { kind: 'hang', afterDeltas: 2 } } as const;
    const env = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5', DAILY_BUDGET_USD: '0.5' };
    const bot = await startTimedBot({ turns: [hanging, 'Two'], env });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('first');
    await until(() => bot.events.some(({ event }) => event['type'] === 'response.output_audio.delta'));
    assert.equal((await ask(bot, '/stop')).text, 'Stopped.');
    await until(() => bot.events.some(({ event }) => event['type'] === 'response.done'));
    await bot.says('second');
    await until(() => textsOf(bot.connector.messages).includes('Two'));
    assert.ok(!textsOf(bot.connector.messages).includes(en.limits.day), 'it was not charged in full');
  });

  it('repeat nothing that people wrote as Markdown, and name nobody whose name is not known', async (t) => {
    const bot = await startTimedBot();
    t.after(() => bot[Symbol.asyncDispose]());
    assert.match((await ask(bot, '/voice [x](y)')).text, /^I don’t have a voice called “xy”\./);
    const nameless = { ...GROUP, from: { id: 'u2' } };
    assert.equal((await ask(bot, '/reset', nameless)).text, en.commands.reset(undefined));
    const loud = { ...GROUP, from: { id: 'u3', name: '**Eve** [a](b)' } };
    assert.equal((await ask(bot, '/reset', loud)).text, en.commands.reset('Eve ab'));
  });

  it('end what was announced in Teams, also where nothing was said yet', async (t) => {
    const never = Promise.withResolvers<void>();
    t.after(() => never.resolve());
    const bot = await startTimedBot({ turns: [{ ...spoken('One'), gate: never.promise }] });
    t.after(() => bot[Symbol.asyncDispose]());
    const teams = { channelId: 'msteams', conversation: { id: 'p', conversationType: 'personal' } };
    await bot.says('first', teams);
    await bot.connector.when(({ body }) => body.text === en.working);
    await until(() => bot.script.asked.length === 1);
    await bot.says('/stop', teams);
    const isEnd = (body: { entities?: { streamType?: string }[] }) =>
      body.entities?.some(({ streamType }) => streamType === 'final') ?? false;
    while (!bot.connector.calls.some(({ body }) => isEnd(body))) await bot.clock.advance(100);
    assert.deepEqual(textsOf(bot.connector.messages).sort(), [en.apologies.cancelled, 'Stopped.'].sort());
  });

  it('leave what a stream in Teams has shown, and continue it with the notice and the sound', async (t) => {
    const hanging = { outputs: spoken('One two three').outputs, ending: { kind: 'hang', afterDeltas: 2 } } as const;
    const env = { PUBLIC_BASE_URL: 'https://bot.example.com' };
    const bot = await startTimedBot({ turns: [hanging], env });
    t.after(() => bot[Symbol.asyncDispose]());
    const teams = { channelId: 'msteams', conversation: { id: 'p', conversationType: 'personal' } };
    const streamed = (type: string) =>
      bot.connector.calls.find((call) => streamInfo(call)?.['streamType'] === type)?.body;
    await bot.says('first', teams);
    while (streamed('streaming') === undefined) await bot.clock.advance(100);
    const shown: string = streamed('streaming').text;
    assert.match(shown, /^One/);
    await bot.says('/stop', teams);
    while (streamed('final') === undefined) await bot.clock.advance(100);
    const { text, attachments } = streamed('final');
    assert.ok(text.startsWith(shown) && text.endsWith(`\n\n${en.cutShort.cancelled}`), text);
    assert.equal(attachments[0].contentType, 'application/vnd.microsoft.card.adaptive');
  });

  it('give the voice back that is configured', async (t) => {
    const bot = await startTimedBot({ env: { REALTIME_VOICE: 'my-own' } });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal((await ask(bot, '/voice MY-OWN')).text, en.commands.voice('my-own', undefined));
  });

  it('tell tokens alone where the model has no price', async (t) => {
    const bot = await startTimedBot();
    t.after(() => bot[Symbol.asyncDispose]());
    assert.match((await ask(bot, '/usage')).text, /^- estimated cost: unknown for this model$/m);
  });
});
