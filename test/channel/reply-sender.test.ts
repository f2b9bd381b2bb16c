import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import type { ConnectorRule } from '../support/fake-connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { watchedLog } from './watched-log.ts';

const ending = { kind: 'completed' } as const;
const REFUSAL = { error: { code: 'BadArgument', message: 'Unknown attachment type' } };

/** Messages, accepted or refused, without typing indicators, which a slow machine may have shown. */
function messagesPosted(bot: BotUnderTest): number {
  return bot.connector.calls.filter(({ body }) => body.type === 'message').length;
}

describe('a reply that the channel rejects with its audio', () => {
  for (const [channelId, WEBCHAT_AUDIO] of [
    ['webchat', 'attachment'],
    ['emulator', 'attachment'],
    ['emulator', 'card'],
  ] as const) {
    it(`is sent again without it, so that the text is not lost (${channelId}, ${WEBCHAT_AUDIO})`, async (t) => {
      const statuses = [400, 413, 415];
      const bot = await startBot({ env: { WEBCHAT_AUDIO }, turns: statuses.map(() => 'Still here') });
      t.after(() => bot[Symbol.asyncDispose]());
      for (const [index, status] of statuses.entries()) {
        bot.connector.rule = ({ body }) => (body.attachments === undefined ? undefined : { status, body: REFUSAL });
        await bot.says('hello', { channelId });
        const reply = (await bot.connector.whenMessages(index + 1))[index];
        assert.equal(reply?.body.text, 'Still here');
        assert.equal(reply?.body.attachments, undefined);
        assert.equal(reply?.body.replyToId, `activity-${index + 1}`);
        assert.equal(messagesPosted(bot), 2 * (index + 1), String(status));
      }
    });
  }

  it('is sent again without it, then as plain text, and then no more', async (t) => {
    const watched = watchedLog();
    const bot = await startBot({ turns: ['Lost', 'Next'], deps: { log: watched.log } });
    t.after(() => bot[Symbol.asyncDispose]());
    bot.connector.rule = ({ body }) => (body.text === 'Lost' ? { status: 400, body: REFUSAL } : undefined);
    await bot.says('hello');
    const line = await watched.when(({ msg }) => msg === 'reply not sent');
    assert.equal(messagesPosted(bot), 3);
    assert.ok(line['incident']);
    assert.doesNotMatch(JSON.stringify(watched.lines), /Lost/);

    await bot.says('hello again');
    const [reply] = await bot.connector.whenMessages(1);
    assert.equal(reply?.body.text, 'Next');
  });

  for (const status of [401, 403, 404, 409, 500]) {
    it(`is not sent again after ${status}, and the conversation continues`, async (t) => {
      const watched = watchedLog();
      const bot = await startBot({ turns: ['Refused', 'Next'], deps: { log: watched.log } });
      t.after(() => bot[Symbol.asyncDispose]());
      bot.connector.rule = ({ body }) => (body.text === 'Refused' ? { status, body: REFUSAL } : undefined);
      await bot.says('hello');
      await watched.when(({ msg }) => msg === 'reply not sent');
      await bot.says('hello again');
      const [reply] = await bot.connector.whenMessages(1);
      assert.equal(reply?.body.text, 'Next');
      assert.equal(messagesPosted(bot), 2);
    });
  }

  it('is sent again as plain text if it has no attachment', async (t) => {
    const watched = watchedLog();
    const bot = await startBot({ turns: ['Refused'], deps: { log: watched.log } });
    t.after(() => bot[Symbol.asyncDispose]());
    bot.connector.rule = () => ({ status: 400, body: REFUSAL });
    await bot.says('hello', { channelId: 'slack' });
    await watched.when(({ msg }) => msg === 'reply not sent');
    assert.equal(messagesPosted(bot), 2);
  });
});

describe('the typing indicator on the wire', () => {
  interface Held {
    readonly clock: ManualClock;
    readonly release: () => void;
  }

  /** Runs `test` with a bot on a manual clock, whose model holds its first answer. */
  async function whileHeld(
    rule: ConnectorRule,
    test: (bot: BotUnderTest, held: Held) => Promise<void>,
    { fields = {}, more = [] }: { fields?: Record<string, unknown>; more?: string[] } = {},
  ): Promise<void> {
    const clock = new ManualClock();
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const held = () => {
      asked.resolve();
      return { outputs: [{ text: 'At last' }], ending, gate: gate.promise };
    };
    const bot = await startBot({ turns: [held, ...more], deps: { clock, random: () => 0.3 } });
    try {
      bot.connector.rule = rule;
      await bot.says('hello', fields);
      await asked.promise;
      await test(bot, { clock, release: gate.resolve });
    } finally {
      await bot[Symbol.asyncDispose]();
    }
  }

  const typesOf = (bot: BotUnderTest) => bot.connector.calls.map(({ body }) => body.type);

  for (const channelId of ['emulator', 'slack']) {
    it(`is shown on ${channelId} after half a second, and ends with the answer`, () =>
      whileHeld(
        () => undefined,
        async (bot, { clock, release }) => {
          await clock.advance(500);
          const sign = await bot.connector.when(({ body }) => body.type === 'typing');
          assert.equal(sign.body.replyToId, 'activity-1');
          assert.equal(sign.body.text, undefined);
          release();
          await bot.connector.whenMessages(1);
          await clock.advance(30_000);
          assert.deepEqual(typesOf(bot), ['typing', 'message']);
        },
        { fields: { channelId } },
      ));
  }

  for (const channelId of ['directline', 'webchat']) {
    it(`is shown on ${channelId} until there is text, which is then streamed`, () =>
      whileHeld(
        () => undefined,
        async (bot, { clock, release }) => {
          await clock.advance(500);
          await bot.connector.when(({ body }) => body.type === 'typing');
          release();
          await bot.connector.whenMessages(1);
          await clock.advance(30_000);
          const [sign, chunk, message] = bot.connector.calls.map(({ body }) => body);
          assert.equal(sign.text, undefined);
          assert.ok('At last'.startsWith(chunk.text));
          assert.deepEqual(typesOf(bot), ['typing', 'typing', 'message']);
          assert.equal(message.text, 'At last');
        },
        { fields: { channelId } },
      ));
  }

  it('is never shown on directlinespeech', () =>
    whileHeld(
      () => undefined,
      async (bot, { clock, release }) => {
        await clock.advance(10_000);
        release();
        await bot.connector.whenMessages(1);
        assert.deepEqual(typesOf(bot), ['message']);
      },
      { fields: { channelId: 'directlinespeech' } },
    ));

  it('delays the answer while it is being sent, so that it is not shown after it', () => {
    const onTheWay = Promise.withResolvers<() => void>();
    const rule: ConnectorRule = ({ body }, response) => {
      if (body.type !== 'typing') return undefined;
      onTheWay.resolve(() => {
        response.setHeader('content-type', 'application/json');
        response.end('{"id":"typing"}');
      });
      return 'handled';
    };
    return whileHeld(rule, async (bot, { clock, release }) => {
      await clock.advance(500);
      const answerTyping = await onTheWay.promise;
      release();
      await clock.whenWaiting(1_000);
      assert.deepEqual(typesOf(bot), ['typing']);
      answerTyping();
      await bot.connector.whenMessages(1);
      assert.deepEqual(typesOf(bot), ['typing', 'message']);
    });
  });

  it('delays the answer by at most a second if the channel never answers it', () =>
    whileHeld(
      ({ body }) => (body.type === 'typing' ? 'handled' : undefined),
      async (bot, { clock, release }) => {
        await clock.advance(500);
        await bot.connector.when(({ body }) => body.type === 'typing');
        release();
        await clock.whenWaiting(1_000);
        await clock.advance(1_000);
        await bot.connector.whenMessages(1);
      },
    ));

  it('is not sent again after the answer if the channel rejected it', () =>
    whileHeld(
      ({ body }) => (body.type === 'typing' ? { status: 503, body: REFUSAL } : undefined),
      async (bot, { clock, release }) => {
        await clock.advance(500);
        await bot.connector.when(({ body }) => body.type === 'typing');
        release();
        await clock.whenWaiting(1_000);
        await clock.advance(1_000);
        await bot.connector.whenMessages(1);
        // Time for every retry; a second turn then makes sure that everything sent has arrived.
        for (let round = 0; round < 10; round++) await clock.advance(1_000);
        await bot.says('hello again');
        await bot.connector.whenMessages(2);
        const types = typesOf(bot);
        assert.deepEqual(types.slice(types.indexOf('message')), ['message', 'message']);
      },
      { more: ['Again'] },
    ));

  it('is not logged as an error if the channel rejects it', () =>
    whileHeld(
      ({ body }) => (body.type === 'typing' ? { status: 403, body: REFUSAL } : undefined),
      async (bot, { clock, release }) => {
        await clock.advance(500);
        await bot.connector.when(({ body }) => body.type === 'typing');
        release();
        const [reply] = await bot.connector.whenMessages(1);
        assert.equal(reply?.body.text, 'At last');
        assert.deepEqual(
          bot.logs.filter(({ level }) => level === 'error'),
          [],
        );
      },
    ));
});
