import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { streamInfo } from '../support/teams-rules.ts';
import { ask, SOUND, spoken } from './asking.ts';
import { startTimedBot, textsOf, until } from './timed-bot.ts';

const TIMEOUT = { timeout: 20_000 };
/** An answer that hangs after its second delta. */
const HANGING = { outputs: spoken('One two three').outputs, ending: { kind: 'hang', afterDeltas: 2 } } as const;

describe('an answer that its user stops', TIMEOUT, () => {
  it('keeps its text and audio so far, and says that it was stopped', async (t) => {
    const bot = await startTimedBot({ turns: [HANGING, 'Two'] });
    t.after(() => bot[Symbol.asyncDispose]());
    const here = { channelId: 'emulator' };
    await bot.says('first', here);
    await until(() => bot.events.some(({ event }) => event['type'] === 'response.output_audio.delta'));
    await bot.says('/stop', here);
    const replies = (await bot.replies(2)).map(({ body }) => body);
    const stopped = replies.find(({ text }) => text !== en.commands.stopped(0));
    assert.match(stopped.text, /^One[a-z ]*\n\n\(I was stopped here\.\)$/);
    const wav = Buffer.from(await (await fetch(stopped.attachments[0].contentUrl)).arrayBuffer());
    assert.ok(wav.byteLength > 44 && wav.byteLength < SOUND.byteLength, `${wav.byteLength} bytes`);
    assert.equal((await ask(bot, 'second', here)).text, 'Two');
    assert.match(bot.script.contexts[1]?.history.at(-1)?.text ?? '', /^One/);
  });

  it('costs what it has used, not its worst case', async (t) => {
    // The simulator ends a hanging response when it is cancelled, and reports its usage.
    const env = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5', DAILY_BUDGET_USD: '0.5' };
    const bot = await startTimedBot({ turns: [HANGING, 'Two'], env });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('first');
    await until(() => bot.events.some(({ event }) => event['type'] === 'response.output_audio.delta'));
    assert.equal((await ask(bot, '/stop')).text, en.commands.stopped(0));
    await until(() => bot.events.some(({ event }) => event['type'] === 'response.done'));
    await bot.says('second');
    await until(() => textsOf(bot.connector.messages).includes('Two'));
    assert.ok(!textsOf(bot.connector.messages).includes(en.limits.day), 'it was not charged in full');
  });

  it('ends its announced stream in Teams, even before its first word', async (t) => {
    const never = Promise.withResolvers<void>();
    t.after(() => never.resolve());
    const bot = await startTimedBot({ turns: [{ ...spoken('One'), gate: never.promise }] });
    t.after(() => bot[Symbol.asyncDispose]());
    const teams = { channelId: 'msteams', conversation: { id: 'p', conversationType: 'personal' } };
    await bot.says('first', teams);
    await bot.connector.when(({ body }) => body.text === en.working);
    await until(() => bot.script.contexts.length === 1);
    await bot.says('/stop', teams);
    const isEnd = (body: { entities?: { streamType?: string }[] }) =>
      body.entities?.some(({ streamType }) => streamType === 'final') ?? false;
    while (!bot.connector.calls.some(({ body }) => isEnd(body))) await bot.clock.advance(100);
    assert.deepEqual(textsOf(bot.connector.messages).sort(), [en.apologies.cancelled, en.commands.stopped(0)].sort());
  });

  it('keeps its streamed text in Teams, with the notice and the audio below it', async (t) => {
    const env = { PUBLIC_BASE_URL: 'https://bot.example.com' };
    const bot = await startTimedBot({ turns: [HANGING], env });
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
});
