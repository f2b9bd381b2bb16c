import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scripted } from '../../dev/simulator/script.ts';
import { en } from '../../src/messages/en.ts';
import { failing, inConversation, startTimedBot, type TimedBot, textsOf, until } from './timed-bot.ts';

const TIMEOUT = { timeout: 20_000 };
const PRICED = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5' };
/** Two seconds are 40 audio tokens. */
const SOUND = Buffer.alloc(96_000, 3);
const spoken = (text: string) => ({ outputs: [{ text, pcm: SOUND }], ending: { kind: 'completed' } as const });

async function ask(bot: TimedBot, text: string, fields: Record<string, unknown> = {}): Promise<string> {
  const before = bot.connector.messages.length;
  await bot.says(text, fields);
  return textsOf(await bot.replies(before + 1)).at(-1) ?? '';
}

describe('a turn beyond a limit', TIMEOUT, () => {
  it('per minute is refused politely without the model, for this user alone', async (t) => {
    const bot = await startTimedBot({ turns: ['One', 'Two', 'Other', 'Three'], env: { MAX_TURNS_PER_MINUTE: '2' } });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.deepEqual([await ask(bot, 'a'), await ask(bot, 'b')], ['One', 'Two']);
    assert.equal(await ask(bot, 'c'), en.limits.tooFast);
    assert.equal(await ask(bot, 'd', inConversation('other')), 'Other');
    await bot.clock.advance(60_000);
    assert.equal(await ask(bot, 'e'), 'Three');
  });

  it('is counted with the commands of the same user, of which only /stop is never refused', async (t) => {
    const bot = await startTimedBot({ hasAppId: true, turns: ['One', 'Two'], env: { MAX_TURNS_PER_MINUTE: '3' } });
    t.after(() => bot[Symbol.asyncDispose]());
    const ada = (id: string) => ({ channelId: 'slack', conversation: { id }, from: { id: 'ada' } });
    const eve = { channelId: 'slack', conversation: { id: 'c1' }, from: { id: 'eve' } };
    assert.equal(await ask(bot, 'a', ada('c1')), 'One');
    assert.match(await ask(bot, '/help', ada('c2')), /\/talk: /);
    assert.equal(await ask(bot, '/stop', ada('c3')), en.commands.stopped(0));
    for (const text of ['/help', '/nothing', '/voice coral', 'b']) {
      assert.equal(await ask(bot, text, ada('c4')), en.limits.tooFast, text);
    }
    assert.equal(await ask(bot, '/stop', ada('c4')), en.commands.stopped(0));
    assert.equal(await ask(bot, 'c', eve), 'Two');
    await bot.clock.advance(60_000);
    assert.match(await ask(bot, '/voice', ada('c4')), /I speak as alloy/, 'what was refused has changed nothing');
  });

  it('of its conversation is refused politely without the model', async (t) => {
    const env = { ...PRICED, CONVERSATION_BUDGET_USD: '0.28' };
    const turns = [...Array.from({ length: 20 }, () => spoken('Yes')), 'Other'];
    const bot = await startTimedBot({ simulator: { responder: scripted(turns).responder }, env });
    t.after(() => bot[Symbol.asyncDispose]());
    let answered = 0;
    while ((await ask(bot, 'again?')) === 'Yes') answered++;
    assert.ok(answered >= 2 && answered < 20, `${answered} answers`);
    assert.equal(await ask(bot, 'again?'), en.limits.conversation);
    const usage = await ask(bot, '/usage');
    assert.ok(Number(/\$([\d.]+)/.exec(usage)?.[1]) <= 0.28 - 0.26, usage);
    assert.equal(await ask(bot, 'hello', inConversation('other')), 'Yes');
  });

  it('of its conversation is refused even after /forget', async (t) => {
    // Room for one worst case, but not for another one after a turn of 40 audio tokens.
    const bot = await startTimedBot({ turns: [spoken('One')], env: { ...PRICED, CONVERSATION_BUDGET_USD: '0.2672' } });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal(await ask(bot, 'a'), 'One');
    assert.equal(await ask(bot, '/forget yes'), en.commands.forgotten(undefined));
    assert.equal(await ask(bot, 'a'), en.limits.conversation);
  });

  it('per day is refused in all conversations until midnight UTC', async (t) => {
    const env = { ...PRICED, DAILY_BUDGET_USD: '0.2678' };
    const bot = await startTimedBot({ turns: [spoken('One'), 'Next day'], env });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal(await ask(bot, 'a'), 'One');
    assert.equal(await ask(bot, 'b', inConversation('other')), en.limits.day);
    const [refused] = await bot.logged('message refused: over budget');
    assert.equal(bot.logs.filter(({ msg }) => String(msg).startsWith('message refused')).length, 1);
    // One turn of 40 audio tokens was paid for.
    assert.ok(
      Number(refused?.['neededUsd']) > 0.2655 && Number(refused?.['neededUsd']) < 0.2675,
      JSON.stringify(refused),
    );
    assert.ok(Number(refused?.['leftUsd']) > 0.264 && Number(refused?.['leftUsd']) < 0.2655, JSON.stringify(refused));
    await bot.clock.advance(86_400_000 - (bot.clock.now() % 86_400_000));
    assert.equal(await ask(bot, 'c', inConversation('other')), 'Next day');
  });

  it('is retried only if the retry fits, too', async (t) => {
    const env = { ...PRICED, DAILY_BUDGET_USD: '0.4' };
    const bot = await startTimedBot({ turns: [failing('server_error', 'server_error')], env });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.match(await ask(bot, 'a'), /My voice service had a problem/);
    assert.equal(bot.script.contexts.length, 1);
  });

  it('is counted in full if its usage is unknown, even if it was stopped before it began', async (t) => {
    const hang = { outputs: [], ending: { kind: 'hang', afterDeltas: 0, created: false } } as const;
    const bot = await startTimedBot({ turns: [hang], env: { ...PRICED, DAILY_BUDGET_USD: '0.3' } });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('a');
    await until(() => bot.script.contexts.length === 1);
    await ask(bot, '/stop');
    assert.equal(await ask(bot, 'b'), en.limits.day);
    assert.equal(bot.script.contexts.length, 1);
  });

  it('costs nothing if the service failed before its first word', async (t) => {
    const env = { ...PRICED, DAILY_BUDGET_USD: '0.9' };
    const turns = [...Array.from({ length: 4 }, () => failing('server_error', 'server_error')), spoken('One')];
    const bot = await startTimedBot({ turns, env });
    t.after(() => bot[Symbol.asyncDispose]());
    for (const text of ['a', 'b']) {
      await bot.says(text);
      await bot.clock.whenWaiting(375);
      await bot.clock.advance(375);
      await bot.replies(text === 'a' ? 1 : 2);
    }
    assert.equal(await ask(bot, 'c'), 'One');
  });

  it('is counted for the user over all conversations if the channel verifies the user', async (t) => {
    const bot = await startTimedBot({
      hasAppId: true,
      turns: ['One', 'Two', 'Three'],
      env: { MAX_TURNS_PER_MINUTE: '2' },
    });
    t.after(() => bot[Symbol.asyncDispose]());
    const inSlack = (id: string, user = 'user-1') => ({ channelId: 'slack', conversation: { id }, from: { id: user } });
    assert.equal(await ask(bot, 'a', inSlack('first')), 'One');
    assert.equal(await ask(bot, 'b', inSlack('other')), 'Two');
    assert.equal(await ask(bot, 'c', inSlack('third')), en.limits.tooFast);
    assert.equal(await ask(bot, 'd', inSlack('third', 'user-2')), 'Three');
  });

  it('is counted for the conversation if users can name themselves freely', async (t) => {
    const bot = await startTimedBot({
      hasAppId: true,
      turns: ['One', 'Two', 'Other'],
      env: { MAX_TURNS_PER_MINUTE: '2' },
    });
    t.after(() => bot[Symbol.asyncDispose]());
    const inWebChat = (aadObjectId: string, id = 'first') => {
      return { channelId: 'webchat', conversation: { id }, from: { id: `dl_${aadObjectId}`, aadObjectId } };
    };
    assert.equal(await ask(bot, 'a', inWebChat('1')), 'One');
    assert.equal(await ask(bot, 'b', inWebChat('2')), 'Two');
    assert.equal(await ask(bot, 'c', inWebChat('3')), en.limits.tooFast);
    assert.equal(await ask(bot, 'd', inWebChat('3', 'other')), 'Other');
  });

  it('is estimated from what its session has heard and said', async (t) => {
    // 150 seconds of speech are 3,000 tokens, which cost more than the rest when they are read again.
    const long = {
      outputs: [{ text: 'Long', pcm: Buffer.alloc(150 * 48_000) }],
      ending: { kind: 'completed' } as const,
    };
    const env = { ...PRICED, CONVERSATION_BUDGET_USD: '0.5', REALTIME_MAX_OUTPUT_TOKENS: '4096' };
    const bot = await startTimedBot({ turns: [long, 'After'], env });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal(await ask(bot, 'a'), 'Long');
    assert.equal(await ask(bot, 'b'), en.limits.conversation);
    await bot.clock.advance(300_000);
    await until(() => bot.simulator.openSessions === 0);
    assert.equal(await ask(bot, 'c'), 'After', 'a new session is told the text alone');
  });

  it('fits if answers are shorter', async (t) => {
    const env = { ...PRICED, DAILY_BUDGET_USD: '0.05', REALTIME_MAX_OUTPUT_TOKENS: '500' };
    const bot = await startTimedBot({ turns: [spoken('One')], env });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal(await ask(bot, 'a'), 'One');
  });
});
