import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResponderContext } from '../../dev/simulator/responder.ts';
import { samplesOf } from '../support/bot.ts';
import { conversationOf, held, inConversation, linesOf, spoken, startTimedBot, textsOf } from './timed-bot.ts';

const TIMEOUT = { timeout: 20_000 };

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const echo = ({ text }: ResponderContext) => spoken(`You said ${text}`);

/** Speaks the number in the user's message: as many bytes of that value. */
function numbered({ text, history }: ResponderContext) {
  const number = Number(/\d+/.exec(text)?.[0]);
  const pcm = new Uint8Array(2_000 + number * 2).fill(number);
  return { outputs: [{ text: `${text}, ${history.length}`, pcm }], ending: { kind: 'completed' } } as const;
}

describe('messages of one conversation', TIMEOUT, () => {
  it('are answered in order if ten arrive while the bot is busy', async (t) => {
    const gate = Promise.withResolvers<void>();
    const turns = [held('You said 1', gate.promise), ...numbers(9).map(() => echo)];
    const bot = await startTimedBot({ turns });
    t.after(() => bot[Symbol.asyncDispose]());
    const taken = [];
    for (const number of numbers(10)) taken.push((await bot.says(`${number}`)).status);
    assert.deepEqual(taken, Array(10).fill(200));
    gate.resolve();
    const replies = await bot.replies(10);
    assert.deepEqual(
      textsOf(replies),
      numbers(10).map((number) => `You said ${number}`),
    );
    assert.deepEqual(
      replies.map(({ body }) => body.replyToId),
      numbers(10).map((number) => `activity-${number}`),
    );
  });

  it('are answered one after another if ten arrive at the same moment', async (t) => {
    const bot = await startTimedBot({ turns: numbers(10).map(() => echo) });
    t.after(() => bot[Symbol.asyncDispose]());
    await Promise.all(numbers(10).map((number) => bot.says(`${number}`)));
    const replies = await bot.replies(10);
    const asked = bot.script.contexts.map(({ text }) => text);
    assert.deepEqual(
      asked.toSorted((a, b) => Number(a) - Number(b)),
      numbers(10).map(String),
    );
    assert.deepEqual(
      textsOf(replies),
      asked.map((text) => `You said ${text}`),
    );
    assert.deepEqual(
      bot.script.contexts.map(({ history }) => history.length),
      numbers(10).map((number) => (number - 1) * 2),
    );
  });

  it('are refused at once if one is running and 16 are queued', async (t) => {
    const gate = Promise.withResolvers<void>();
    const turns = [held('You said 1', gate.promise), ...numbers(16).map(() => echo)];
    const bot = await startTimedBot({ turns });
    t.after(() => bot[Symbol.asyncDispose]());
    for (const number of numbers(17)) await bot.says(`${number}`);
    assert.equal((await bot.says('18')).status, 200);
    const [refusal] = await bot.replies(1);
    assert.match(String(refusal?.body.text), /still working.*send that again/);
    assert.equal(refusal?.body.replyToId, 'activity-18');
    gate.resolve();
    const replies = await bot.replies(18);
    assert.deepEqual(
      textsOf(replies.slice(1)),
      numbers(17).map((number) => `You said ${number}`),
    );
  });

  it('are answered once if they are delivered twice', async (t) => {
    const gate = Promise.withResolvers<void>();
    const bot = await startTimedBot({ turns: [held('You said 1', gate.promise), echo] });
    t.after(() => bot[Symbol.asyncDispose]());
    const message = bot.message('1');
    const taken = await Promise.all([bot.post(message), bot.post(message)]);
    gate.resolve();
    await bot.replies(1);
    taken.push(await bot.post(message));
    await bot.says('2');
    assert.deepEqual(textsOf(await bot.replies(2)), ['You said 1', 'You said 2']);
    assert.deepEqual(
      taken.map(({ status }) => status),
      [200, 200, 200],
    );
    assert.deepEqual(linesOf(bot.script.contexts[1] as ResponderContext), ['user: 1', 'assistant: You said 1']);
  });

  it('are distinct if two conversations have the same activity id', async (t) => {
    const bot = await startTimedBot({ turns: [echo, echo] });
    t.after(() => bot[Symbol.asyncDispose]());
    const message = bot.message('1');
    await bot.post(message);
    await bot.post({ ...message, ...inConversation('another') });
    const replies = await bot.replies(2);
    assert.deepEqual(replies.map(conversationOf).toSorted(), ['another', 'conversation-1']);
  });
});

describe('messages of different conversations', TIMEOUT, () => {
  it('do not wait for each other', async (t) => {
    const gate = Promise.withResolvers<void>();
    const bot = await startTimedBot({ turns: [held('At last', gate.promise), echo] });
    t.after(() => bot[Symbol.asyncDispose]());
    await bot.says('slow', inConversation('slow'));
    await bot.says('fast', inConversation('fast'));
    const [first] = await bot.replies(1);
    assert.equal(first?.body.text, 'You said fast');
    gate.resolve();
    assert.deepEqual(textsOf(await bot.replies(2)), ['You said fast', 'At last']);
  });

  it('never share words, audio or history, even if fifty conversations run at once', async (t) => {
    const bot = await startTimedBot({ turns: numbers(100).map(() => numbered) });
    t.after(() => bot[Symbol.asyncDispose]());
    for (const round of [1, 2]) {
      await Promise.all(numbers(50).map((number) => bot.says(`I am ${number}`, inConversation(`talk ${number}`))));
      await bot.replies(round * 50);
    }
    for (const number of numbers(50)) {
      const replies = bot.connector.messages.filter((reply) => conversationOf(reply) === `talk ${number}`);
      assert.deepEqual(textsOf(replies), [`I am ${number}, 0`, `I am ${number}, 2`]);
      for (const { body } of replies) {
        const audio = await fetch(body.attachments[0].contentUrl);
        const samples = samplesOf(new Uint8Array(await audio.arrayBuffer()));
        assert.ok(samples.equals(Buffer.alloc(2_000 + number * 2, number)), `the sound of ${number} is not its own`);
      }
    }
  });
});
