import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { inTime } from '../realtime/gathered.ts';
import { startBot } from '../support/bot.ts';
import type { ConnectorRule } from '../support/fake-connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { streamInfo } from '../support/teams-rules.ts';
import { chunks, chunksOf, speaking, texts, whileTimePasses } from './speaking.ts';

const TIMEOUT = { timeout: 30_000 };
/** Where a manual clock starts. */
const STARTED_AT_MS = new ManualClock().now();
/** The time from the question to the first word of its answer. */
const LATER_MS = 5_000;
const PUBLIC = { PUBLIC_BASE_URL: 'https://bot.example.com' };
/** How Teams answers a piece after the user has pressed Stop. */
const STOPPED = {
  status: 403,
  body: { error: { code: 'ContentStreamNotAllowed', message: 'Content stream was cancelled by user.' } },
};

describe('streamed text in Web Chat', TIMEOUT, () => {
  it('begins with the first delta, grows twice a second, and ends with the audio', async (t) => {
    const { bot, clock, say, end } = await speaking(t, 'webchat');
    say('Once');
    await chunksOf(bot, 1);
    say(' upon');
    say(' a time');
    await clock.whenWaiting(500);
    await clock.advance(500);
    await chunksOf(bot, 2);
    end();
    const [reply] = await inTime(bot.connector.whenMessages(1));
    assert.deepEqual(texts(bot), ['Once', 'Once upon a time', 'Once upon a time']);
    assert.equal(reply?.body.attachments[0].contentType, 'audio/wav');
    const infos = chunks(bot).map((call) => streamInfo(call));
    assert.deepEqual(
      infos.map((info) => [info?.['streamType'], info?.['streamSequence'], info?.['streamId']]),
      [
        ['streaming', 1, undefined],
        ['streaming', 2, 'sent-1'],
        ['final', undefined, 'sent-1'],
      ],
    );
    for (const { body } of chunks(bot)) {
      const { type: _, ...info } = streamInfo({ body } as never) ?? {};
      const { 'webchat:sequence-id': sequenceId, ...channelData } = body.channelData;
      assert.deepEqual(channelData, info);
      assert.equal(typeof sequenceId, info['streamSequence'] === 1 ? 'number' : 'undefined');
    }
  });

  // Web Chat would show the answer above its question for a smaller number, and never its next chunk for a larger one.
  for (const [name, timestamp, expectedMs] of [
    ['a minute behind the bot', new Date(STARTED_AT_MS - 60_000).toISOString(), STARTED_AT_MS - 60_000 + LATER_MS],
    ['a minute ahead of the bot', new Date(STARTED_AT_MS + 60_000).toISOString(), STARTED_AT_MS + 60_000 + LATER_MS],
    ['unknown', undefined, STARTED_AT_MS + LATER_MS],
    ['malformed', 'yesterday', STARTED_AT_MS + LATER_MS],
    ['not a text', { toString: 1, valueOf: 1 }, STARTED_AT_MS + LATER_MS],
  ] as const) {
    it(`is ordered by the channel's clock, which is ${name}`, async (t) => {
      const { bot, clock, say, end } = await speaking(t, 'webchat', { fields: { timestamp } });
      await clock.advance(LATER_MS);
      say('Once');
      await chunksOf(bot, 1);
      end();
      await inTime(bot.connector.whenMessages(1));
      assert.equal(chunks(bot)[0]?.body.channelData['webchat:sequence-id'], expectedMs);
    });
  }

  it('is followed by its audio if cards are configured, since the Playground would lose them', async (t) => {
    const { bot, say, end } = await speaking(t, 'webchat', { env: { WEBCHAT_AUDIO: 'card' } });
    say('Once');
    await chunksOf(bot, 1);
    end();
    const [reply, sound] = await inTime(bot.connector.whenMessages(2));
    assert.deepEqual([reply?.body.text, reply?.body.attachments], ['Once', undefined]);
    assert.deepEqual([sound?.body.text, sound?.body.entities], [undefined, undefined]);
    assert.match(sound?.body.attachments[0].contentType, /card\.audio$/);
  });

  it('is shown only when complete if the replies go back in the response', async (t) => {
    const bot = await startBot({ turns: ['In one piece'] });
    t.after(() => bot.close());
    const answer = await bot.says('hello', { channelId: 'webchat', deliveryMode: 'expectReplies' });
    const { activities } = (await answer.json()) as { activities: { type: string; entities?: unknown }[] };
    assert.deepEqual(
      activities.map(({ type, entities }) => [type, entities]),
      [['message', undefined]],
    );
  });

  it('keeps the shown part of an answer that the filter stops, and shows no more of it', async (t) => {
    const { bot, say, filter } = await speaking(t, 'webchat');
    say('Once');
    await chunksOf(bot, 1);
    say(' something bad');
    filter();
    const [reply] = await inTime(bot.connector.whenMessages(1));
    assert.match(reply?.body.text, /^Once\n\nI stopped this answer/);
    assert.equal(reply?.body.attachments, undefined);
    assert.doesNotMatch(JSON.stringify(bot.connector.calls), /something bad/);
  });

  it('begins with the first delta of the next answer, too, however soon that follows', async (t) => {
    const { bot, clock, say, end, fields } = await speaking(t, 'webchat');
    say('Once');
    await chunksOf(bot, 1);
    end();
    await inTime(bot.connector.whenMessages(1));
    const before = clock.now();
    await bot.says('And now?', fields);
    await inTime(bot.connector.when(({ body }) => body.text === 'Next' && body.type === 'typing'));
    assert.equal(clock.now(), before);
    await inTime(bot.connector.whenMessages(2));
  });

  it('is given up if the channel does not support streams', async (t) => {
    const { bot, say, end } = await speaking(t, 'webchat');
    bot.connector.rule = ({ body }) => (body.type === 'typing' ? { status: 200, body: {} } : undefined);
    say('Once');
    await chunksOf(bot, 1);
    say(' more');
    end();
    const [reply] = await inTime(bot.connector.whenMessages(1));
    assert.equal(reply?.body.text, 'Once more');
    assert.equal(chunks(bot).length, 1);
  });
});

describe('streamed text in Teams', TIMEOUT, () => {
  it('is announced, grows once a second, and ends with the AI label and feedback buttons', async (t) => {
    const { bot, clock, rules, showsOnce, say, end } = await speaking(t, 'msteams');
    await showsOnce();
    say(' upon a time');
    end();
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    const [reply] = await inTime(bot.connector.whenMessages(1));
    assert.deepEqual(rules.violations, []);
    assert.deepEqual(texts(bot).slice(1), ['Once', reply?.body.text]);
    assert.match(reply?.body.text, /^Once upon a time/);
    const types = reply?.body.entities.map(({ type }: { type: string }) => type);
    assert.deepEqual(types, ['https://schema.org/Message', 'streaminfo']);
    assert.deepEqual(reply?.body.entities[0].additionalType, ['AIGeneratedContent']);
    assert.deepEqual(reply?.body.channelData, { feedbackLoop: { type: 'default' } });
    assert.equal(bot.connector.calls.length, 3);
  });

  it('is followed, when the user presses Stop, by a message that says so and has the audio so far', async (t) => {
    const { bot, clock, model, showsOnce, say, sayAloud, fields } = await speaking(t, 'msteams', { env: PUBLIC });
    await showsOnce();
    sayAloud();
    bot.connector.rule = (call) => (streamInfo(call) === undefined ? undefined : STOPPED);
    say(' upon');
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    await inTime(model.whenReceived('response.cancel'));
    const [notice] = await whileTimePasses(clock, bot.connector.whenMessages(1));
    assert.equal(notice?.body.text, en.apologies.cancelled);
    assert.equal(notice?.body.replyToId, 'activity-1');
    assert.equal(notice?.body.attachments[0].contentType, 'application/vnd.microsoft.card.adaptive');
    bot.connector.rule = () => undefined;
    await bot.says('And now?', fields);
    const [, reply] = await whileTimePasses(clock, bot.connector.whenMessages(2));
    assert.equal(reply?.body.replyToId, 'activity-2');
    assert.match(model.userTexts[1]?.[0] ?? '', /"role":"assistant","text":"Once upon"/);
  });

  it('is followed, when the user presses Stop before the first words, by a message that says so', async (t) => {
    const { bot, clock, say } = await speaking(t, 'msteams');
    await chunksOf(bot, 1);
    bot.connector.rule = (call) => (streamInfo(call) === undefined ? undefined : STOPPED);
    say('Once');
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    const [notice] = await whileTimePasses(clock, bot.connector.whenMessages(1));
    assert.equal(notice?.body.text, en.apologies.cancelled);
  });

  it('begins with its first chunk, even if that has to be sent again', async (t) => {
    const busy: ConnectorRule = () => ({ status: 503, body: {} });
    const { bot, clock, rules, say, end } = await speaking(t, 'msteams', { first: busy });
    await chunksOf(bot, 1);
    bot.connector.rule = rules.rule;
    say('Once');
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    await chunksOf(bot, 2);
    end();
    const [reply] = await whileTimePasses(clock, bot.connector.whenMessages(1));
    assert.deepEqual(rules.violations, []);
    assert.match(reply?.body.text, /^Once/);
    assert.equal(streamInfo(chunks(bot)[1] as never)?.['streamSequence'], 1);
  });

  it('waits as long as a 429 asks for, and loses nothing', async (t) => {
    const { bot, clock, rules, say, end } = await speaking(t, 'msteams');
    await chunksOf(bot, 1);
    say('Once');
    const quota = { error: { code: 'TooManyRequests', message: 'API calls quota exceeded' } };
    bot.connector.rule = () => ({ status: 429, headers: { 'retry-after': '7' }, body: quota });
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    await chunksOf(bot, 2);
    bot.connector.rule = rules.rule;
    say(' upon a time');
    end();
    await clock.whenWaiting(7_000);
    await clock.advance(6_999);
    assert.equal(bot.connector.calls.length, 2);
    await clock.advance(1);
    const [reply] = await inTime(bot.connector.whenMessages(1));
    assert.equal(reply?.body.text, 'Once upon a time');
    assert.deepEqual(rules.violations, []);
  });

  const starts = [
    [
      'is not enabled',
      { status: 400, body: { error: { code: 'BadArgument', message: 'streaming api is not enabled' } } },
    ],
    ['is not allowed', { status: 403, body: { error: { code: 'ContentStreamNotAllowed', message: 'not allowed' } } }],
  ] as const;
  for (const [name, refusal] of starts) {
    it(`is one normal message if it ${name}`, async (t) => {
      const clock = new ManualClock();
      const bot = await startBot({ turns: ['Whole'], deps: { clock } });
      t.after(() => bot.close());
      bot.connector.rule = (call) => (streamInfo(call) === undefined ? undefined : refusal);
      await bot.says('hello', { channelId: 'msteams' });
      const [reply] = await inTime(bot.connector.whenMessages(1));
      assert.match(reply?.body.text, /^Whole/);
      assert.equal(streamInfo(reply as never), undefined);
      assert.equal(bot.connector.messages.length, 1);
    });
  }

  for (const reason of ['Content stream finished due to exceeded streaming time.', 'Message size too large']) {
    it(`is completed by an update after "${reason}"`, async (t) => {
      const { bot, clock, showsOnce, say, end } = await speaking(t, 'msteams');
      await showsOnce();
      const refusal = { status: 403, body: { error: { code: 'ContentStreamNotAllowed', message: reason } } };
      bot.connector.rule = (call) => (streamInfo(call) === undefined ? undefined : refusal);
      say(' upon a time');
      end();
      await clock.whenWaiting(1_000);
      await clock.advance(1_000);
      const update = await inTime(bot.connector.when(({ method }) => method === 'PUT'));
      assert.match(update.path, /\/activities\/stream-1$/);
      assert.match(update.body.text, /^Once upon a time/);
      assert.equal(bot.connector.messages.filter(({ method }) => method === 'POST').length, 0);
    });
  }

  it('is followed by its rest alone if it can be neither ended nor updated', async (t) => {
    const { bot, clock, showsOnce, say, end } = await speaking(t, 'msteams');
    await showsOnce();
    const refusal = { status: 403, body: { error: { code: 'ContentStreamNotAllowed', message: 'already completed' } } };
    bot.connector.rule = (call) => (streamInfo(call) !== undefined || call.method === 'PUT' ? refusal : undefined);
    say(' upon a time');
    end();
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    const [rest] = await inTime(bot.connector.whenMessages(1));
    assert.match(rest?.body.text, /^upon a time/);
  });
});
