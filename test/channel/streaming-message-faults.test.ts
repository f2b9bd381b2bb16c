import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inTime } from '../realtime/gathered.ts';
import * as wire from '../realtime/server-events.ts';
import { type ConnectorCall, startFakeConnector } from '../support/fake-connector.ts';
import type { ReceivedRequest } from '../support/raw-model.ts';
import { streamInfo } from '../support/teams-rules.ts';
import { chunksOf, speaking, texts, whileTimePasses } from './speaking.ts';

const TIMEOUT = { timeout: 30_000 };
const refusal = (status: number, message: string, code = 'ContentStreamNotAllowed') => ({
  status,
  body: { error: { code, message } },
});

const isPost = ({ method }: ConnectorCall) => method === 'POST';

describe('a streamed answer', TIMEOUT, () => {
  for (const suffix of ['/', '/moved']) {
    it(`ends at its old address if the channel's address changes meanwhile, with "${suffix}"`, async (t) => {
      const { bot, clock, say, end, fields } = await speaking(t, 'webchat');
      say('Once');
      await chunksOf(bot, 1);
      await bot.says('And now?', { ...fields, serviceUrl: `${bot.connector.url}${suffix}` });
      say(' upon a time');
      end();
      await whileTimePasses(clock, bot.connector.whenMessages(2));
      const [first, second] = bot.connector.messages;
      assert.equal(first?.body.text, 'Once upon a time');
      assert.equal(streamInfo(first as never)?.['streamType'], 'final');
      assert.equal(second?.body.replyToId, 'activity-2');
      assert.equal(bot.connector.messages.length, 2);
    });
  }

  it('goes whole to the new address if nothing was shown at the old one', async (t) => {
    const moved = await startFakeConnector();
    const { bot, clock, say, end, fields } = await speaking(t, 'slack');
    t.after(() => moved.close());
    say('Once upon a time');
    await bot.says('And now?', { ...fields, serviceUrl: moved.url });
    end();
    await whileTimePasses(clock, moved.whenMessages(2));
    assert.equal(bot.connector.messages.length, 0);
  });

  it('shows a response that replaces one that failed before its first word', async (t) => {
    const { bot, clock, send, response, turn } = await speaking(t, 'webchat', {});
    const error = { type: 'server_error', code: 'server_error', message: 'sorry' };
    send(wire.done({ response, turn, status: 'failed', details: { type: 'failed', error } }));
    const [reply] = await whileTimePasses(clock, bot.connector.whenMessages(1));
    assert.equal(reply?.body.text, 'Next');
    assert.deepEqual(texts(bot), ['Next', 'Next'], 'a piece, and the end');
  });

  it('leaves no typing indicator behind if the channel refuses its first chunk, which names a tool', async (t) => {
    const asked = Promise.withResolvers<ReceivedRequest>();
    const { bot, clock, send, response, turn } = await speaking(t, 'webchat', { more: [asked.resolve] });
    bot.connector.rule = ({ body }) => (body.type === 'typing' ? refusal(400, 'no streams', 'BadArgument') : undefined);
    await clock.advance(500);
    await clock.whenWaiting(3_500);
    const call = { id: 'item_1', type: 'function_call', status: 'completed', name: 'current_time' };
    send(wire.done({ response, turn, output: [{ ...call, call_id: 'call_1', arguments: '{}' }] }));
    // An indicator replaces the stream.
    await clock.whenWaiting(500);
    assert.deepEqual(texts(bot), ['Looking at the clock…']);
    const next = await inTime(asked.promise);
    const speech = [wire.transcriptDelta('Next', next), wire.audioDelta([1, 2], next)];
    next.send(wire.created(next), ...speech, wire.done({ response: next.response, turn: next.turn }));
    await bot.logged('turn ended');
    // An indicator that still ran would have no context to send with, and end the process.
    await clock.advance(10_000);
    assert.deepEqual(bot.connector.calls.at(-1), bot.connector.messages[0]);
    assert.ok(!clock.waiting.includes(3_500));
  });

  it('waits at most fifteen seconds, even if the channel asks for more', async (t) => {
    const { bot, clock, rules, say, end } = await speaking(t, 'msteams');
    await chunksOf(bot, 1);
    say('Once');
    bot.connector.rule = () => ({ ...refusal(429, 'quota', 'TooMany'), headers: { 'retry-after': '3600' } });
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    await chunksOf(bot, 2);
    bot.connector.rule = rules.rule;
    say(' upon a time');
    end();
    await clock.whenWaiting(15_000);
    await clock.advance(15_000);
    const [reply] = await inTime(bot.connector.whenMessages(1));
    assert.equal(reply?.body.text, 'Once upon a time');
  });

  it("keeps Teams' pace if its end has to be sent again without the card", async (t) => {
    const { bot, clock, rules, say, end } = await speaking(t, 'msteams');
    await chunksOf(bot, 1);
    const ends: number[] = [];
    bot.connector.rule = (call, response) => {
      if (call.body.type !== 'message') return rules.rule(call, response);
      ends.push(clock.now());
      return call.body.attachments === undefined ? undefined : refusal(400, 'card', 'BadArgument');
    };
    say('Once');
    end();
    await whileTimePasses(clock, bot.connector.whenMessages(1));
    const [first = 0, second = 0] = ends;
    assert.ok(second - first >= 1_000, `${second - first} ms`);
    assert.equal(bot.connector.messages[0]?.body.attachments, undefined);
  });

  it('keeps the AI label when the filter stops it, since the shown part was made by AI', async (t) => {
    const { bot, clock, showsOnce, filter } = await speaking(t, 'msteams');
    await showsOnce();
    filter();
    const [reply] = await whileTimePasses(clock, bot.connector.whenMessages(1));
    assert.match(reply?.body.text, /^Once\n\nI stopped this answer/);
    assert.deepEqual(
      reply?.body.entities.map(({ type }: { type: string }) => type),
      ['https://schema.org/Message', 'streaminfo'],
    );
  });

  it('stops growing before the two-minute limit of Teams, and is completed by an update', async (t) => {
    const { bot, clock, rules, say, end } = await speaking(t, 'msteams', { env: { TURN_TIMEOUT_SECONDS: '300' } });
    await chunksOf(bot, 1);
    for (let second = 0; second < 150; second++) {
      say(`${second} `);
      for (let tenth = 0; tenth < 10; tenth++) await clock.advance(100);
    }
    end();
    const update = await whileTimePasses(
      clock,
      bot.connector.when(({ method }) => method === 'PUT'),
    );
    assert.deepEqual(rules.violations, []);
    assert.match(update.body.text, / 149$/);
    assert.equal(bot.connector.messages.filter(({ method }) => method === 'POST').length, 0);
  });

  it('is never followed by its rest if it is unknown whether the end arrived', async (t) => {
    const { bot, clock, rules, showsOnce, say, end } = await speaking(t, 'msteams');
    await showsOnce();
    bot.connector.rule = (call, response) => {
      if (call.method === 'PUT') return call.body.attachments && refusal(413, 'too large', 'MessageSizeTooBig');
      if (call.body.type === 'message') return { status: 500 };
      return rules.rule(call, response);
    };
    say(' upon a time');
    end();
    const isWhole = (call: ConnectorCall) => call.method === 'PUT' && call.body.attachments === undefined;
    const update = await whileTimePasses(clock, bot.connector.when(isWhole));
    assert.equal(update.body.text, 'Once upon a time');
    const ends = bot.connector.calls.filter(({ method, body }) => method === 'POST' && body.type === 'message');
    assert.equal(ends.length, 1);
  });

  for (const [status, isFollowed] of [
    [404, true],
    [413, true],
    [429, true],
    [500, false],
    ['no answer', false],
  ] as const) {
    it(`is ${isFollowed ? '' : 'not '}followed by its rest if the channel answers the update with ${status}`, async (t) => {
      const { bot, clock, rules, showsOnce, say, end } = await speaking(t, 'msteams');
      await showsOnce();
      let updates = 0;
      bot.connector.rule = (call, response) => {
        if (call.method === 'PUT') {
          updates++;
          return status === 'no answer' ? 'handled' : refusal(status, 'x', 'X');
        }
        if (streamInfo(call)?.['streamType'] === 'final') return refusal(403, 'over');
        return call.body.type === 'message' ? undefined : rules.rule(call, response);
      };
      say(' upon a time');
      end();
      const ended = bot.logged(isFollowed ? 'turn ended' : 'reply not sent');
      await whileTimePasses(clock, ended);
      assert.ok(updates > 0);
      const rest = bot.connector.calls.filter((call) => call.body.text === 'upon a time');
      assert.equal(rest.length, isFollowed ? 1 : 0);
    });
  }

  it('is followed by its rest as code if it ended within code', async (t) => {
    const { bot, clock, rules, showsOnce, say, end } = await speaking(t, 'msteams');
    await showsOnce();
    say(' upon:\n```js\nlet a;');
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    await inTime(bot.connector.when(({ body }) => String(body.text).endsWith('let a;')));
    bot.connector.rule = (call, response) => {
      if (call.method === 'PUT' || streamInfo(call) !== undefined) return refusal(403, 'already completed');
      return rules.rule(call, response);
    };
    const isRest = (call: ConnectorCall) =>
      call.body.type === 'message' && streamInfo(call) === undefined && isPost(call);
    say('\n  let b;\n```\n\nThe end.');
    end();
    const rest = await whileTimePasses(clock, bot.connector.when(isRest));
    assert.equal(rest.body.text, '```js\n  let b;\n```\n\nThe end.');
  });

  it('keeps its card if all of the text was shown, and never sends an empty message', async (t) => {
    const { bot, clock, rules, showsOnce, end } = await speaking(t, 'msteams');
    await showsOnce();
    bot.connector.rule = (call, response) => {
      if (call.method === 'PUT' || streamInfo(call) !== undefined) return refusal(403, 'already completed');
      if (call.body.type === 'message') return refusal(400, 'no card', 'BadArgument');
      return rules.rule(call, response);
    };
    end();
    await whileTimePasses(
      clock,
      bot.connector.when(({ body }) => body.attachments !== undefined && body.text === ''),
    );
    const others = bot.connector.calls.filter(({ body }) => body.text === '' && body.attachments === undefined);
    assert.deepEqual(others, []);
  });
});
