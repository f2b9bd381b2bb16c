import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inTime } from '../realtime/gathered.ts';
import { startFakeConnector } from '../support/fake-connector.ts';
import { streamInfo } from '../support/teams-rules.ts';
import { chunks, chunksOf, speaking, texts, whileTimePasses } from './speaking.ts';

const typesOf = (bot: Parameters<typeof chunks>[0]) => chunks(bot).map((call) => streamInfo(call)?.['streamType']);

describe('a stream that was begun is always ended', { timeout: 30_000 }, () => {
  it('when the process drains before the first word', async (t) => {
    const { bot, clock, rules } = await speaking(t, 'msteams', { env: { DRAIN_SECONDS: '0' } });
    await chunksOf(bot, 1);
    await whileTimePasses(clock, bot.app.close());
    assert.deepEqual(typesOf(bot), ['informative', 'final']);
    assert.deepEqual(rules.violations, []);
  });

  it('when the process drains in the middle of an answer, which is kept', async (t) => {
    const { bot, clock, rules, showsOnce } = await speaking(t, 'msteams', { env: { DRAIN_SECONDS: '0' } });
    await showsOnce();
    await whileTimePasses(clock, bot.app.close());
    assert.deepEqual(typesOf(bot), ['informative', 'streaming', 'final']);
    assert.match(texts(bot).at(-1), /^Once\n\n/);
    assert.deepEqual(rules.violations, []);
  });

  it('when the user withdraws the message', async (t) => {
    const { bot, clock, rules, showsOnce } = await speaking(t, 'msteams');
    await showsOnce();
    await bot.post({ ...bot.message(undefined, { channelId: 'msteams' }), type: 'messageDelete', id: 'activity-1' });
    await bot.says('/stop', { channelId: 'msteams' });
    await whileTimePasses(
      clock,
      bot.connector.when((call) => streamInfo(call)?.['streamType'] === 'final'),
    );
    assert.deepEqual(
      rules.violations.filter((rule) => rule !== 'a message while a stream is open'),
      [],
    );
  });

  it('at its old address, when the address changes while its first chunk is being sent', async (t) => {
    const moved = await startFakeConnector();
    const begun = Promise.withResolvers<() => void>();
    const { bot, clock, say, end, fields } = await speaking(t, 'webchat', {});
    t.after(() => moved.close());
    bot.connector.rule = (call, response) => {
      if (streamInfo(call)?.['streamType'] !== 'streaming') return undefined;
      bot.connector.rule = () => undefined;
      begun.resolve(() => {
        response.setHeader('content-type', 'application/json');
        response.end('{"id":"stream-1"}');
      });
      return 'handled';
    };
    say('Once');
    const answer = await inTime(begun.promise);
    await bot.says('And now?', { ...fields, serviceUrl: moved.url });
    end();
    // Time for the answer to be made and sent.
    for (let round = 0; round < 100; round++) await clock.advance(10);
    answer();
    const [reply] = await whileTimePasses(clock, bot.connector.whenMessages(1));
    assert.deepEqual([streamInfo(reply as never)?.['streamType'], reply?.body.text], ['final', 'Once']);
    await whileTimePasses(clock, moved.whenMessages(1));
  });
});
