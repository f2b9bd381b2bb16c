import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import { en } from '../../src/messages/en.ts';
import { type BotUnderTest, samplesOf, startBot } from '../support/bot.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startOpenIdServer } from '../support/openid-server.ts';

const ending = { kind: 'completed' } as const;
const EXPECT_REPLIES = { deliveryMode: 'expectReplies' };

// biome-ignore lint/suspicious/noExplicitAny: the tests read any field on the wire.
type OnTheWire = any;

async function activitiesOf(response: Response): Promise<OnTheWire[]> {
  assert.equal(response.status, 200);
  const { activities } = (await response.json()) as OnTheWire;
  return activities;
}

describe('a message with the delivery mode expectReplies', () => {
  it('gets its text and audio in the response and nothing by a separate call', async (t) => {
    const pcm = Buffer.alloc(96_000, 'sound');
    const bot = await startBot({ turns: [{ outputs: [{ text: 'Hi there', pcm }], ending }] });
    t.after(() => bot[Symbol.asyncDispose]());
    const [reply, ...more] = await activitiesOf(await bot.says('hello', EXPECT_REPLIES));

    assert.deepEqual(more, []);
    assert.equal(reply.type, 'message');
    assert.equal(reply.text, 'Hi there');
    assert.equal(reply.replyToId, 'activity-1');
    assert.equal(reply.attachments[0].contentType, 'audio/wav');
    const audio = await fetch(reply.attachments[0].contentUrl);
    assert.ok(samplesOf(new Uint8Array(await audio.arrayBuffer())).equals(pcm));
    assert.deepEqual(bot.connector.calls, []);
  });

  it('causes no typing indicator, however long the answer takes', async (t) => {
    const clock = new ManualClock();
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const held = () => {
      asked.resolve();
      return { outputs: [{ text: 'Hi' }], ending, gate: gate.promise };
    };
    const bot = await startBot({ turns: [held], deps: { clock } });
    t.after(() => bot[Symbol.asyncDispose]());
    const answered = bot.says('hello', EXPECT_REPLIES);
    await asked.promise;
    await clock.advance(10_000);
    gate.resolve();
    const activities = await activitiesOf(await answered);
    assert.deepEqual(
      activities.map(({ type }) => type),
      ['message'],
    );
    assert.deepEqual(bot.connector.calls, []);
  });

  it('gets a card for Teams', async (t) => {
    const bot = await startBot({ turns: ['Hi'] });
    t.after(() => bot[Symbol.asyncDispose]());
    const [reply] = await activitiesOf(await bot.says('hello', { ...EXPECT_REPLIES, channelId: 'msteams' }));
    assert.equal(reply.text, 'Hi');
    assert.equal(reply.attachments[0].contentType, 'application/vnd.microsoft.card.adaptive');
  });

  it('causes no call to the channel, even for audio that would otherwise be uploaded', async (t) => {
    const openId = await startOpenIdServer();
    t.after(() => openId[Symbol.asyncDispose]());
    const pcm = Buffer.alloc(200_000, 'sound');
    const bot = await startBot({ env: openId.env, turns: [{ outputs: [{ text: 'Hi', pcm }], ending }] });
    t.after(() => bot[Symbol.asyncDispose]());
    const authorization = `Bearer ${openId.token(bot.connector.url)}`;
    const message = bot.message('hello', { ...EXPECT_REPLIES, channelId: 'webchat' });
    const [reply] = await activitiesOf(await bot.post(message, { authorization }));
    assert.equal(reply.text, `Hi\n\n${en.audio.notDelivered}`);
    assert.deepEqual(
      bot.connector.calls.map(({ path }) => path),
      [],
    );
  });

  it('is answered once, however often it is delivered', async (t) => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const held = () => {
      asked.resolve();
      return { outputs: [{ text: 'Hi' }], ending, gate: gate.promise };
    };
    const bot = await startBot({ turns: [held] });
    t.after(() => bot[Symbol.asyncDispose]());
    const message = bot.message('hello', EXPECT_REPLIES);
    const first = bot.post(message);
    await asked.promise;
    const again = await activitiesOf(await bot.post(message));
    gate.resolve();
    assert.deepEqual(again, []);
    assert.equal((await activitiesOf(await first)).length, 1);
    assert.deepEqual(await activitiesOf(await bot.post(message)), []);
    assert.deepEqual(bot.connector.calls, []);
  });

  it('waits for its turn behind a message that is answered by calls', async (t) => {
    const gate = Promise.withResolvers<void>();
    const bot = await startBot({ turns: [{ outputs: [{ text: 'One' }], ending, gate: gate.promise }, 'Two'] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('one');
    const second = bot.says('two', EXPECT_REPLIES);
    gate.resolve();
    const [reply] = await activitiesOf(await second);
    assert.equal(reply.text, 'Two');
    assert.deepEqual(
      bot.connector.messages.map(({ body }) => body.text),
      ['One'],
    );
  });

  it('ends without an answer if its user stops it in the queue', async (t) => {
    const asked = Promise.withResolvers<void>();
    const first: ScriptedTurn = () => {
      asked.resolve();
      return { outputs: [{ text: 'One' }], ending, gate: new Promise(() => {}) };
    };
    const bot = await startBot({ turns: [first, 'Three'] });
    t.after(() => bot[Symbol.asyncDispose]());
    const running = bot.says('one', EXPECT_REPLIES);
    await asked.promise;
    const message = bot.message('two', EXPECT_REPLIES);
    const waiting = [bot.post(message), bot.post(message)];
    // The redelivered activity: the other one is accepted then.
    await Promise.race(waiting);
    await bot.says('/stop', EXPECT_REPLIES);
    for (const each of [running, ...waiting]) assert.deepEqual(await activitiesOf(await each), []);
    assert.equal((await activitiesOf(await bot.says('three', EXPECT_REPLIES)))[0]?.text, 'Three');
  });

  it('gets errors in the response, too', async (t) => {
    const error = { type: 'invalid_request_error', code: 'nonsense', message: 'no' };
    const bot = await startBot({ turns: [{ outputs: [], ending: { kind: 'failed', error } }] });
    t.after(() => bot[Symbol.asyncDispose]());
    const [reply] = await activitiesOf(await bot.says('hello', EXPECT_REPLIES));
    assert.match(reply.text, /\(incident [0-9a-f]+\)$/);
    assert.deepEqual(bot.connector.calls, []);
  });

  it('gets the reply to an empty text in the response', async (t) => {
    const bot = await startBot();
    t.after(() => bot[Symbol.asyncDispose]());
    const [reply] = await activitiesOf(await bot.post(bot.message(undefined, EXPECT_REPLIES)));
    assert.equal(reply.text, en.textMissing);
  });

  it('may be aborted by its sender, and the conversation continues', async (t) => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const held = () => {
      asked.resolve();
      return { outputs: [{ text: 'Nobody listens' }], ending, gate: gate.promise };
    };
    const bot = await startBot({ turns: [held, 'Hi again'] });
    t.after(() => bot[Symbol.asyncDispose]());
    const abort = new AbortController();
    const given = fetch(`${bot.url}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(bot.message('hello', EXPECT_REPLIES)),
      signal: abort.signal,
    });
    const refused = assert.rejects(given, { name: 'AbortError' });
    await asked.promise;
    abort.abort();
    await refused;
    gate.resolve();
    const [reply] = await activitiesOf(await bot.says('hello again', EXPECT_REPLIES));
    assert.equal(reply.text, 'Hi again');
  });
});

describe('an invoke', () => {
  let bot: BotUnderTest;
  before(async () => {
    bot = await startBot({ turns: ['Still here'] });
  });
  after(() => bot.close());

  function invoke(fields: Record<string, unknown>): Promise<Response> {
    return bot.post(bot.message(undefined, { type: 'invoke', ...fields }));
  }

  const names = ['something/unknown', 'composeExtension/query', 'signin/verifyState'];
  for (const channelId of ['emulator', 'msteams']) {
    for (const name of [undefined, ...names]) {
      it(`with the unknown name ${name} is answered in the response (${channelId})`, async () => {
        const response = await invoke({ name, channelId, value: {} });
        assert.ok([400, 501].includes(response.status), String(response.status));
        assert.doesNotMatch(await response.text(), /\bat \S+ \(|node_modules/);
      });
    }
  }

  for (const [name, value] of [
    ['fileConsent/invoke', undefined],
    ['fileConsent/invoke', {}],
    ['message/submitAction', undefined],
    ['composeExtension/submitAction', undefined],
    ['adaptiveCard/action', undefined],
    ['adaptiveCard/action', {}],
    ['adaptiveCard/action', 'text'],
    [5, { a: 1 }],
    [{}, null],
  ] as const) {
    it(`named ${JSON.stringify(name)} with the value ${JSON.stringify(value)} is answered without internal details`, async () => {
      const response = await invoke({ name, value, channelId: 'msteams' });
      const text = await response.text();
      assert.ok(response.status >= 400 && response.status <= 501, String(response.status));
      assert.doesNotMatch(text, /\bat \S+ \(|node_modules|Cannot read/);
    });
  }

  it('never causes a call to the channel or to the model, and the bot keeps working after all of them', async () => {
    assert.deepEqual(bot.connector.calls, []);
    assert.deepEqual(bot.script.contexts, []);
    await bot.says('are you there?');
    const [reply] = await bot.connector.whenMessages(1);
    assert.equal(reply?.body.text, 'Still here');
  });
});
