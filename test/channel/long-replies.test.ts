import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { failing, spoken, startTimedBot, type TimedBot } from '../conversation/timed-bot.ts';
import { inTime } from '../realtime/gathered.ts';
import type { BotUnderTestOptions } from '../support/bot.ts';
import type { ConnectorCall, ConnectorRule } from '../support/fake-connector.ts';
import { streamInfo, TeamsRules } from '../support/teams-rules.ts';

const TIMEOUT = { timeout: 30_000 };
const ENV = { PUBLIC_BASE_URL: 'https://bot.example.com', TURN_TIMEOUT_SECONDS: '600' };
const GROUP = { conversation: { id: '19:abc@thread.v2', conversationType: 'groupChat', isGroup: true } };
const REFUSAL = { status: 400, body: { error: { code: 'BadSyntax', message: 'no' } } };
/** Ten seconds of audio: the words arrive over that time, 300 ms apart. */
const LONG_SOUND = new Uint8Array(480_000);

const FILLER = '-and-so-on'.repeat(8);

/** Numbered sentences in paragraphs show what is lost, doubled or out of order. Each is one word, so one delta. */
function storyOf(chars: number): string {
  let story = '';
  for (let line = 1; story.length < chars; line++) story += `Line-${line}${FILLER}.${line % 10 === 0 ? '\n\n' : ' '}`;
  return story.slice(0, chars).trim();
}

const withoutSpace = (text: string) => text.replaceAll(/\s+/g, '');
const textsOf = (messages: readonly ConnectorCall[]): string[] => messages.map(({ body }) => String(body.text));
const chunks = (bot: TimedBot) => bot.connector.calls.filter((call) => streamInfo(call) !== undefined);
const isMessage = ({ body }: ConnectorCall) => body.type === 'message';

async function startTalk(t: TestContext, options: BotUnderTestOptions): Promise<TimedBot> {
  const bot = await startTimedBot({ ...options, env: ENV });
  t.after(() => bot[Symbol.asyncDispose]());
  return bot;
}

/** Advances the clock a little with every turn of the event loop; a long answer needs thousands. */
async function whileTimePasses<T>({ clock }: TimedBot, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = inTime(promise).finally(() => {
    isSettled = true;
  });
  while (!isSettled) await clock.advance(20);
  return settled;
}

/** All messages of the answer to this message, once the next answer has arrived, too. */
async function answerTo(bot: TimedBot, fields: Record<string, unknown>): Promise<readonly ConnectorCall[]> {
  await bot.says('tell me a story', fields);
  await bot.says('thank you', { ...fields, id: 'last' });
  const isLast = ({ path, body }: ConnectorCall) => body.type === 'message' && path.endsWith('/last');
  const last = await whileTimePasses(bot, bot.connector.when(isLast));
  return bot.connector.calls.slice(0, bot.connector.calls.indexOf(last)).filter(isMessage);
}

/** The parts are the whole story, in order, each within the bound and none needlessly short. */
function assertWhole(texts: readonly string[], story: string, maxChars: number): void {
  assert.equal(withoutSpace(texts.join(' ')), withoutSpace(story));
  for (const text of texts) assert.ok(text.length <= maxChars && text === text.trim(), `${text.length} characters`);
  assert.ok(texts.slice(0, -1).every((text) => text.length >= maxChars / 2 && text.endsWith('.')));
}

describe('an answer that is too long for one message', TIMEOUT, () => {
  const texts = [
    ['slack', 6_000, 4_000],
    ['facebook', 4_000, 2_000],
    ['sms', 4_000, 1_500],
    ['unheard-of', 12_000, 4_000],
  ] as const;
  for (const [channelId, chars, maxChars] of texts) {
    it(`is split for ${channelId}, with the link below the last part`, async (t) => {
      const story = storyOf(chars);
      const bot = await startTalk(t, { turns: [spoken(story), 'Bye'] });
      const answers = textsOf(await answerTo(bot, { channelId }));
      assert.ok(answers.length > 1);
      for (const text of answers) assert.ok(text.length <= maxChars, `${text.length} characters`);
      const [, last = '', link = ''] = /^([\s\S]*)\n\n\[Listen \(0:01\)\]\((.*)\)$/.exec(answers.at(-1) ?? '') ?? [];
      assert.match(link, /^https:\/\/bot\.example\.com\/audio\/[\w.-]+$/);
      assertWhole([...answers.slice(0, -1), last], story, maxChars - 400);
      assert.doesNotMatch(answers.slice(0, -1).join(), /Listen|https:/);
      assert.ok(bot.connector.messages.every(({ body }) => body.attachments === undefined));
    });
  }

  it('is split for a group in Teams, each part labelled, with the card below the last', async (t) => {
    const story = storyOf(40_000);
    const bot = await startTalk(t, { turns: [spoken(story), 'Bye'] });
    const answers = await answerTo(bot, { channelId: 'msteams', ...GROUP });
    assert.ok(answers.length > 2);
    assertWhole(textsOf(answers), story, 18_000);
    for (const { body } of answers) {
      assert.deepEqual(
        body.entities.map((entity: { additionalType: unknown }) => entity.additionalType),
        [['AIGeneratedContent']],
      );
      assert.deepEqual(body.channelData, { feedbackLoop: { type: 'default' } });
      assert.equal(body.replyToId, 'activity-1');
    }
    const cards = answers.map(({ body }) => body.attachments?.length ?? 0);
    assert.deepEqual(cards, [...cards.slice(1).map(() => 0), 1]);
  });

  it('is split for Web Chat, with the audio in the last part', async (t) => {
    const story = storyOf(250_000);
    const bot = await startTalk(t, { turns: [spoken(story), 'Bye'] });
    const answers = await answerTo(bot, { channelId: 'webchat' });
    assertWhole(textsOf(answers), story, 100_000);
    assert.deepEqual(
      answers.map(({ body }) => body.attachments?.map(({ contentType }: { contentType: string }) => contentType)),
      [...answers.slice(1).map(() => undefined), ['audio/wav']],
    );
    for (const { body } of answers) assert.ok(JSON.stringify(body).length < 150_000);
  });

  it('is spoken part by part on directlinespeech', async (t) => {
    const story = storyOf(9_000);
    const bot = await startTalk(t, { turns: [spoken(story), 'Bye'] });
    const answers = await answerTo(bot, { channelId: 'directlinespeech' });
    assertWhole(textsOf(answers), story, 4_000);
    assert.deepEqual(
      answers.map(({ body }) => body.speak),
      textsOf(answers),
    );
  });

  for (const [channelId, maxChars] of [
    ['slack', 4_000],
    ['msteams', 18_000],
    ['webchat', 100_000],
  ] as const) {
    it(`is split in the response on expectReplies (${channelId})`, async (t) => {
      const story = storyOf(2.2 * maxChars);
      const bot = await startTalk(t, { turns: [spoken(story)] });
      const response = await bot.says('tell me a story', { channelId, deliveryMode: 'expectReplies' });
      const { activities } = (await response.json()) as { activities: { type: string; text: string }[] };
      assert.ok(activities.length > 2);
      assert.ok(activities.every(({ type, text }) => type === 'message' && text.length <= maxChars));
      const texts = activities.map(({ text }) => text.replace(/\n\n\[Listen .*\)$/, ''));
      assertWhole(texts, story, channelId === 'slack' ? maxChars - 400 : maxChars);
      assert.deepEqual(bot.connector.calls, []);
    });
  }
});

describe('a streamed answer that is too long for one message', TIMEOUT, () => {
  const streamed = (story: string) => ({ ...spoken(story), outputs: [{ text: story, pcm: LONG_SOUND }] });

  /** A conversation in Teams, whose own rules apply unless `rule` says otherwise. */
  async function inTeams(t: TestContext, story: string, rule: ConnectorRule = () => undefined) {
    const bot = await startTalk(t, { turns: [streamed(story), 'Bye'], simulator: { paceMs: 300 } });
    const rules = new TeamsRules(bot.clock.now);
    bot.connector.rule = (call, response) => rule(call, response) ?? rules.rule(call, response);
    return { bot, rules, answers: await answerTo(bot, { channelId: 'msteams' }) };
  }

  it('ends its stream in Teams with the first part, which begins with the streamed text', async (t) => {
    const story = storyOf(40_000);
    const { bot, rules, answers } = await inTeams(t, story);
    assert.deepEqual(rules.violations, []);
    assert.ok(answers.length > 2);
    assertWhole(textsOf(answers), story, 18_000);
    const types = answers.map((call) => streamInfo(call)?.['streamType']);
    assert.deepEqual(types, ['final', ...answers.slice(1).map(() => undefined)]);
    const shown = chunks(bot).filter((call) => streamInfo(call)?.['streamType'] === 'streaming');
    const longest = String(shown.findLast(({ body }) => body.replyToId === 'activity-1')?.body.text);
    assert.ok(longest.length > 3_000 && longest.length <= 9_000, `${longest.length} characters were shown`);
    assert.ok(textsOf(answers)[0]?.startsWith(longest));
    for (const [index, { body }] of answers.entries()) {
      const labels = body.entities.filter(({ type }: { type: string }) => type === 'https://schema.org/Message');
      assert.equal(labels.length, 1);
      assert.deepEqual(body.channelData, { feedbackLoop: { type: 'default' } });
      assert.equal(body.attachments?.length, index === answers.length - 1 ? 1 : undefined);
    }
  });

  it('streams up to half of a message in Web Chat, and ends its stream with the first part', async (t) => {
    const story = storyOf(250_000);
    const bot = await startTalk(t, { turns: [streamed(story), 'Bye'], simulator: { paceMs: 300 } });
    const answers = await answerTo(bot, { channelId: 'webchat' });
    assertWhole(textsOf(answers), story, 100_000);
    const shown = chunks(bot).filter(({ body }) => body.type === 'typing' && body.replyToId === 'activity-1');
    const longest = String(shown.at(-1)?.body.text);
    assert.ok(shown.length > 2 && longest.length > 20_000 && longest.length <= 50_000);
    assert.ok(textsOf(answers)[0]?.startsWith(longest));
    const ids = answers.map((call) => streamInfo(call)?.['streamId']);
    assert.match(String(ids[0]), /^sent-/);
    assert.deepEqual(ids, [ids[0], ...answers.slice(1).map(() => undefined)]);
  });

  it('arrives whole even if Teams accepts the end of the stream only as an update', async (t) => {
    const story = storyOf(40_000);
    const { bot, answers } = await inTeams(t, story, (call) => {
      const isEnd = streamInfo(call)?.['streamType'] === 'final' && call.method === 'POST';
      return isEnd && call.body.replyToId === 'activity-1' ? REFUSAL : undefined;
    });
    const taken = answers.filter((call) => bot.connector.messages.includes(call));
    assert.deepEqual(
      taken.map(({ method }) => method),
      ['PUT', ...taken.slice(1).map(() => 'POST')],
    );
    assertWhole(textsOf(taken), story, 18_000);
    assert.equal(taken.at(-1)?.body.attachments.length, 1);
  });

  it('is over when its user stops it at the end of the stream: a notice with the audio follows, no other part', async (t) => {
    const message = 'Content stream was cancelled by user.';
    const stop = { status: 403, body: { error: { code: 'ContentStreamNotAllowed', message } } };
    const { bot } = await inTeams(t, storyOf(40_000), (call) =>
      streamInfo(call)?.['streamType'] === 'final' && call.body.replyToId === 'activity-1' ? stop : undefined,
    );
    const [notice, ...others] = bot.connector.messages;
    assert.equal(notice?.body.text, en.apologies.cancelled);
    assert.equal(notice?.body.attachments.length, 1);
    assert.equal(textsOf(others).join(), 'Bye');
  });
});

describe('a part that the channel rejects permanently', TIMEOUT, () => {
  const wire = (refused: (text: string) => boolean): ConnectorRule => {
    return ({ body }) => (body.type === 'message' && refused(String(body.text)) ? REFUSAL : undefined);
  };

  it('ends the answer: sent parts stay, later parts are not sent, and the log reports it once', async (t) => {
    const story = storyOf(12_000);
    const bot = await startTalk(t, { turns: [spoken(story), 'Bye'] });
    bot.connector.rule = wire((text) => text.includes('Line-50-'));
    const answers = await answerTo(bot, { channelId: 'slack' });
    assert.equal(answers.length, 3, 'the second part is tried as Markdown and as plain text, the others are not');
    assert.deepEqual(
      bot.connector.messages.map(({ body }) => body.replyToId),
      ['activity-1', 'last'],
    );
    const errors = bot.logs.filter(({ level }) => level === 'error');
    assert.deepEqual(
      errors.map(({ msg, activity }) => [msg, activity]),
      [['reply not sent', 'activity-1']],
    );
    assert.match(String(errors[0]?.['incident']), /^\w+$/);
    assert.doesNotMatch(JSON.stringify(bot.logs), /Line-/);
  });

  it('is sent again without its card if it is the last, so that only the audio is lost', async (t) => {
    const story = storyOf(40_000);
    const bot = await startTalk(t, { turns: [spoken(story), failing('invalid_request_error', 'nonsense')] });
    bot.connector.rule = ({ body }) => (body.attachments === undefined ? undefined : REFUSAL);
    const answers = await answerTo(bot, { channelId: 'msteams', ...GROUP });
    const taken = answers.filter((call) => bot.connector.messages.includes(call));
    assert.equal(answers.length, taken.length + 1);
    assertWhole(textsOf(taken), story, 18_000);
    assert.ok(taken.every(({ body }) => body.attachments === undefined && body.entities.length === 1));
  });
});
