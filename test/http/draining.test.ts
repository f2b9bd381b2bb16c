import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { TEST_BUILD } from '../support/build.ts';
import { BOT_APP_ID } from '../support/openid-server.ts';
import { assertRefusal } from './raw-request.ts';

const completed = { kind: 'completed' } as const;

/** A bot that has called the model and waits for it. */
async function heldBot(): Promise<{ bot: BotUnderTest; release: () => void }> {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const bot = await startBot({
    turns: [
      () => {
        asked.resolve();
        return { outputs: [{ text: 'At last' }], ending: completed, gate: gate.promise };
      },
    ],
  });
  await bot.says('hello', { id: 'held' });
  await asked.promise;
  return { bot, release: gate.resolve };
}

describe('GET /health', () => {
  it('answers 200 with the build, and forbids caching', async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    const response = await fetch(`${bot.url}/health`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { status: 'ok', version: TEST_BUILD.version });
    assert.equal(response.headers.get('cache-control'), 'no-store');
  });

  it('does not depend on the model', async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.simulator.close();
    assert.equal((await fetch(`${bot.url}/health`)).status, 200);
  });

  it('needs no token', async (t) => {
    const env = { MicrosoftAppId: BOT_APP_ID, MicrosoftAppPassword: 'password', HOST: '127.0.0.1' };
    const bot = await startBot({ env });
    t.after(() => bot[Symbol.asyncDispose]());
    assert.equal((await fetch(`${bot.url}/health`)).status, 200);
  });
});

describe('while the bot drains', () => {
  it('answers 503 to /health and to messages, and completes running turns', async (t) => {
    const { bot, release } = await heldBot();
    t.after(() => bot[Symbol.asyncDispose]());

    const closed = bot.app.close();
    const health = await fetch(`${bot.url}/health`);
    assert.equal(health.status, 503);
    assert.deepEqual(await health.json(), { status: 'draining', version: TEST_BUILD.version });
    assert.equal((await fetch(`${bot.url}/health`, { method: 'HEAD' })).status, 503);
    const refused = await bot.says('me too', { id: 'refused' });
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assertRefusal(await refused.text(), 'draining');

    release();
    await closed;
    assert.deepEqual(
      bot.connector.messages.map(({ path, body }) => [path.split('/').at(-1), body.text]),
      [['held', 'At last']],
    );
    await assert.rejects(fetch(`${bot.url}/health`), 'it no longer listens');
  });

  it('rejects other events, too, so that the channel delivers them again', async (t) => {
    const { bot, release } = await heldBot();
    t.after(() => bot[Symbol.asyncDispose]());

    const closed = bot.app.close();
    const added = bot.message(undefined, { type: 'conversationUpdate', membersAdded: [{ id: 'bot-1' }] });
    assert.equal((await bot.post(added)).status, 503);
    release();
    await closed;
  });

  it('still sends an expected reply in the response', async (t) => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const bot = await startBot({
      turns: [
        () => {
          asked.resolve();
          return { outputs: [{ text: 'In the nick of time' }], ending: completed, gate: gate.promise };
        },
      ],
    });
    t.after(() => bot[Symbol.asyncDispose]());
    const answered = bot.says('hello', { deliveryMode: 'expectReplies' });
    await asked.promise;
    const closed = bot.app.close();
    gate.resolve();

    const response = await answered;
    const { activities } = (await response.json()) as { activities: { text: string }[] };
    assert.deepEqual(
      activities.map(({ text }) => text),
      ['In the nick of time'],
    );
    await closed;
  });

  it('still serves the audio of replies', async (t) => {
    const gate = Promise.withResolvers<void>();
    const held = { outputs: [{ text: 'Second' }], ending: completed, gate: gate.promise };
    const bot = await startBot({ turns: ['First', held] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one');
    const [first] = await bot.connector.whenMessages(1);
    await bot.says('two');
    const closed = bot.app.close();
    assert.equal((await fetch(first?.body.attachments[0].contentUrl)).status, 200);
    gate.resolve();
    await closed;
  });
});
