import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { en } from '../../src/wording/en.ts';
import { until } from '../conversation/talk.ts';
import { type Azurite, startAzurite } from '../support/azurite.ts';
import { eventually, type Fields, type Instance, linesOf, spoken, startWorld, type World } from './instances.ts';
import { SkipClock } from './skip-clock.ts';
import { stepOf, stepsOf } from './steps.ts';

const PATIENCE = { timeout: 100_000 };
/** After so long a message that waited looks whether it is still kept. */
const LONG_WAIT_MS = 600;
/** By its own clock a message has then waited for no time at all, however long this has taken. */
const SLOW_MACHINE_MS = 3_000;
const FOUR_SECONDS = new Uint8Array(192_000);

let azurite: Azurite;
before(async () => {
  azurite = await startAzurite();
});
after(() => azurite.close());

async function startTwo(t: TestContext, env = {}) {
  const world = await startWorld(t, azurite, env);
  return { world, one: await world.start(), two: await world.start() };
}

const inConversation = (id: string): Fields => ({ conversation: { id } });
const textsAsked = (world: World) => world.asked.all.map(({ text }) => text);
const countOf = ({ proxy }: Instance, step: string) => stepsOf(proxy.requests).filter((each) => each === step).length;

/** The first message is being answered at the first instance. */
async function startRunning(t: TestContext, env = {}) {
  const both = await startTwo(t, env);
  const release = both.world.hold('first');
  const message = await both.one.says('first');
  await both.world.asked.when(1);
  return { ...both, release, message };
}

describe('a conversation that goes to and fro between two instances', PATIENCE, () => {
  it('is one conversation', async (t) => {
    const { world, one, two } = await startTwo(t);
    const texts = ['first', 'second', 'third', 'fourth', 'fifth'];
    for (const [index, text] of texts.entries()) {
      assert.equal((await (index % 2 === 0 ? one : two).ask(text)).text, `re: ${text}`);
    }
    for (const [index, asked] of world.asked.all.entries()) {
      const before = texts.slice(0, index).flatMap((text) => [`user: ${text}`, `assistant: re: ${text}`]);
      assert.deepEqual(linesOf(asked), before);
    }
    assert.equal(new Set(world.asked.all.map(({ sessionId }) => sessionId)).size, 5, 'no session that lacks a turn');
    await world.whenAnswered();
  });

  it('keeps its warm session where one instance answers several times', async (t) => {
    const { world, one, two } = await startTwo(t);
    for (const instance of [one, two, two, two]) await instance.ask('x');
    const [, ...sessions] = world.asked.all.map(({ sessionId }) => sessionId);
    assert.equal(new Set(sessions).size, 1);
    assert.equal(linesOf(world.asked.all[3] ?? assert.fail()).length, 6);
  });

  it('has one answer at a time', async (t) => {
    const { world, two, release } = await startRunning(t);
    await two.says('second');
    // It has looked, and will again.
    await until(() => countOf(two, 'read record') >= 2);
    assert.deepEqual(textsAsked(world), ['first']);
    release();
    assert.deepEqual(await world.whenSaid(2), ['re: first', 're: second']);
    assert.deepEqual(linesOf(world.asked.all[1] ?? assert.fail()), ['user: first', 'assistant: re: first']);
  });

  it('is kept by a turn that takes long', async (t) => {
    const world = await startWorld(t, azurite);
    const [clock, other] = [new SkipClock(), new SkipClock()];
    const [one, two] = [await world.start({ clock }), await world.start({ clock: other })];
    const release = world.hold('first');
    await one.says('first');
    await world.asked.when(1);
    const writes = countOf(one, 'write record');
    clock.skip(10_000);
    await until(() => countOf(one, 'write record') > writes);
    // Without that the time of the first would be over for the second.
    await new Promise((resolve) => setImmediate(resolve));
    other.skip(35_000);
    await two.says('second');
    await until(() => countOf(two, 'read record') >= 2);
    assert.deepEqual(textsAsked(world), ['first']);
    release();
    assert.deepEqual(await world.whenSaid(2), ['re: first', 're: second']);
  });

  for (const [when, waitMs] of [
    ['after a while', LONG_WAIT_MS],
    ['at once', -SLOW_MACHINE_MS],
  ] as const) {
    it(`is answered in its order when an answer ends ${when}`, async (t) => {
      const { world, one, two, release } = await startRunning(t);
      await two.says('second');
      await one.says('third');
      one.clock.skip(waitMs);
      release();
      assert.deepEqual(await world.whenSaid(3), ['re: first', 're: second', 're: third']);
      assert.deepEqual(textsAsked(world), ['first', 'second', 'third']);
      await world.whenAnswered();
    });
  }

  it('is answered in its order when the newer message comes between two looks of the instance that has the older', async (t) => {
    const { world, one, two, release } = await startRunning(t);
    await two.says('second');
    await until(() => countOf(two, 'read record') >= 2);
    const looks = Promise.withResolvers<void>();
    two.proxy.rule = (request) => (stepOf(request) === 'read record' ? looks.promise.then(() => undefined) : undefined);
    release();
    await world.whenSaid(1);
    await eventually(async () => (await world.pending()).length === 1);
    for (let round = 0; round < 3; round++) await fetch(`${one.url}/health`);
    await one.says('third');
    await world.asked.when(2);
    looks.resolve();
    assert.deepEqual(await world.whenSaid(3), ['re: first', 're: second', 're: third']);
    await world.whenAnswered();
    assert.equal(world.asked.all.length, 3);
  });

  it('is greeted once', async (t) => {
    const { world, one, two } = await startTwo(t);
    const update = () =>
      world.message(undefined, { type: 'conversationUpdate', membersAdded: [{ id: 'user-1' }, { id: 'bot-1' }] });
    await Promise.all([one.post(update()), two.post(update())]);
    await world.whenSaid(1);
    await one.post(update());
    await two.post(update());
    await two.ask('first');
    await one.post(update());
    await one.ask('second');
    assert.deepEqual(world.said, [en.welcome, 're: first', 're: second']);
  });

  it('is not greeted after its first message, which another instance has', async (t) => {
    const { world, one, two } = await startTwo(t);
    await one.ask('first');
    await two.post(world.message(undefined, { type: 'conversationUpdate', membersAdded: [{ id: 'user-1' }] }));
    await two.ask('second');
    assert.deepEqual(world.said, ['re: first', 're: second']);
  });
});

describe('a message that comes to two instances', PATIENCE, () => {
  it('at the same time is answered once', async (t) => {
    const { world, one, two } = await startTwo(t);
    const message = world.message('first');
    const answers = await Promise.all([one, two, one, two].map((instance) => instance.post(message)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    await world.whenSaid(1);
    await two.ask('second');
    assert.deepEqual(world.said, ['re: first', 're: second']);
    assert.deepEqual(textsAsked(world), ['first', 'second']);
  });

  it('again while it is answered, or after, is answered once', async (t) => {
    const { world, one, two, message, release } = await startRunning(t);
    assert.equal((await two.post(message)).status, 200);
    release();
    await world.whenSaid(1);
    await world.whenAnswered();
    for (const instance of [one, two]) assert.equal((await instance.post(message)).status, 200);
    await two.ask('second');
    await world.whenAnswered();
    assert.deepEqual(world.said, ['re: first', 're: second']);
    assert.deepEqual(textsAsked(world), ['first', 'second']);
  });

  it('is obeyed once where it is a command', async (t) => {
    const { world, one, two } = await startTwo(t);
    const message = world.message('/help');
    await Promise.all([one.post(message), two.post(message)]);
    await world.whenSaid(1);
    await world.whenAnswered();
    for (const instance of [one, two]) assert.equal((await instance.post(message)).status, 200);
    await two.ask('first');
    assert.equal(world.said.length, 2);
  });

  it('is refused once where it cannot be answered', async (t) => {
    const { world, one, two } = await startTwo(t);
    const message = world.message('');
    await Promise.all([one.post(message), two.post(message)]);
    await world.whenSaid(1);
    await world.whenAnswered();
    for (const instance of [one, two]) assert.equal((await instance.post(message)).status, 200);
    await two.ask('first');
    assert.deepEqual(world.said, [en.textMissing, 're: first']);
  });
});

describe('a command at one instance, for a conversation at another', PATIENCE, () => {
  it('/stop ends the running answer within two seconds, with the text so far, and drops what waits', async (t) => {
    const { world, one, two } = await startTwo(t);
    const text = 'one two three four five six seven eight';
    world.answers('first', { outputs: [{ text }], ending: { kind: 'hang', afterDeltas: 3 } });
    await one.says('first');
    await world.asked.when(1);
    await one.says('second');
    await two.says('third');
    // So that all three have waited for some time.
    await until(() => countOf(one, 'look at pending') >= 1);
    const begunMs = Date.now();
    assert.equal((await two.ask('/stop')).text, en.commands.stopped);
    const [, shown = ''] = await world.whenSaid(2);
    assert.ok(Date.now() - begunMs < 2_000, `${Date.now() - begunMs} ms`);
    assert.ok(shown !== '' && text.startsWith(shown), shown);
    await world.whenAnswered();
    await one.ask('fourth');
    assert.deepEqual(textsAsked(world), ['first', 'fourth']);
    assert.equal(world.said.length, 3);
  });

  it('/stop drops what was accepted just before', async (t) => {
    const { world, one, two } = await startRunning(t);
    const looked = Promise.withResolvers<void>();
    one.proxy.rule = (request) =>
      stepOf(request) === 'look at pending' ? looked.promise.then(() => undefined) : undefined;
    await until(() => countOf(one, 'look at pending') >= 1);
    await one.says('second');
    assert.equal((await two.ask('/stop')).text, en.commands.stopped);
    await world.whenAnswered();
    one.clock.skip(-SLOW_MACHINE_MS);
    looked.resolve();
    one.proxy.rule = () => undefined;
    await one.ask('third');
    await world.whenAnswered();
    assert.deepEqual(textsAsked(world), ['first', 'third']);
  });

  it('/reset has the past forgotten, also by a session that is warm there', async (t) => {
    const { world, one, two, release } = await startRunning(t);
    await two.ask('/reset');
    release();
    await world.whenSaid(2);
    await until(() => countOf(two, 'write record') >= 1);
    await world.whenAnswered();
    // The write has arrived; what comes over it goes after it.
    await two.ask('/usage');
    await one.ask('second');
    assert.deepEqual(world.asked.all.map(linesOf), [[], []]);
  });

  it('/voice and /audio hold there from the next answer on', async (t) => {
    const { world, one, two } = await startTwo(t);
    await one.ask('first');
    await world.whenAnswered();
    for (const command of ['/voice cedar', '/audio off']) {
      const writes = countOf(two, 'write record');
      await two.ask(command);
      await until(() => countOf(two, 'write record') > writes);
      // A claim waits for the change: it is written over what was there, or reads again.
      await world.whenAnswered();
    }
    await one.ask('second');
    assert.deepEqual(world.sessions, [
      ['audio', 'alloy'],
      ['text', 'cedar'],
    ]);
  });

  for (const [when, release] of [
    ['while an answer is made', false],
    ['when an answer comes to its end at that moment', true],
  ] as const) {
    it(`/forget leaves nothing, ${when}`, async (t) => {
      const { world, one, two } = await startTwo(t);
      await one.ask('before');
      assert.equal((await world.audio()).length, 1);
      const end = world.hold('first');
      await one.says('first');
      await world.asked.when(2);
      await two.says('/forget');
      // The command is kept, and what it ends is marked.
      await until(() => countOf(two, 'write pending') >= 2);
      if (release) end();
      await until(() => world.said.includes(en.commands.forgotten(undefined)));
      await world.whenAnswered();
      assert.deepEqual(await world.state('conversations/'), []);
      assert.deepEqual(await world.audio(), [], 'all sound is gone');
      await one.ask('second');
      assert.deepEqual(linesOf(world.asked.all.at(-1) ?? assert.fail()), []);
    });
  }

  it('/forget leaves nothing where nothing runs, and the warm session there knows nothing', async (t) => {
    const { world, one, two } = await startTwo(t);
    await one.ask('first');
    await world.whenAnswered();
    assert.equal((await two.ask('/forget')).text, en.commands.forgotten(undefined));
    assert.deepEqual(await world.state('conversations/'), []);
    assert.deepEqual(await world.audio(), []);
    await one.ask('second');
    assert.deepEqual(world.asked.all.map(linesOf), [[], []]);
  });

  it('/forget leaves nothing where a message waits at another instance', async (t) => {
    const { world, one, two } = await startRunning(t);
    await two.says('second');
    await until(() => countOf(two, 'read record') >= 1);
    const looks = Promise.withResolvers<void>();
    two.proxy.rule = (request) => (stepOf(request) === 'read record' ? looks.promise.then(() => undefined) : undefined);
    await one.says('/forget');
    await until(() => world.said.includes(en.commands.forgotten(undefined)));
    assert.deepEqual(await world.state('conversations/'), []);
    const claims = countOf(two, 'write record');
    looks.resolve();
    // It looks for its message, which is gone, and lets go.
    await until(() => countOf(two, 'list pending') >= 1);
    await until(() => countOf(two, 'write record') + countOf(two, 'delete record') >= claims + 2);
    for (let round = 0; round < 3; round++) await fetch(`${two.url}/health`);
    assert.deepEqual(await world.state('conversations/'), []);
    await one.ask('third');
    assert.deepEqual(textsAsked(world), ['first', 'third']);
  });

  it('a message that was taken back gets no answer', async (t) => {
    const { world, one, two, release } = await startRunning(t);
    const second = await one.says('second');
    await two.post({ ...second, type: 'messageDelete', text: undefined });
    await until(() => countOf(two, 'write pending') >= 1);
    await eventually(async () => (await world.pending()).length === 1);
    one.clock.skip(LONG_WAIT_MS);
    release();
    await world.whenSaid(1);
    await one.ask('third');
    assert.deepEqual(textsAsked(world), ['first', 'third']);
    assert.deepEqual(world.said, ['re: first', 're: third']);
  });

  it('a message that was taken back while it is answered is not remembered', async (t) => {
    const { world, one, two } = await startTwo(t);
    await one.ask('before');
    const message = await one.says('first');
    await world.whenSaid(2);
    await world.whenAnswered();
    await two.post({ ...message, type: 'messageDelete', text: undefined });
    await until(() => countOf(two, 'write record') >= 1);
    await two.ask('second');
    assert.deepEqual(linesOf(world.asked.all.at(-1) ?? assert.fail()), ['user: before', 'assistant: re: before']);
  });
});

describe('budgets of two instances', PATIENCE, () => {
  const priced = { AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5' };

  it('of a day are one: also what the other has only set aside counts', async (t) => {
    // One answer of up to 4,096 tokens of speech is less than that, and two are more.
    const { world, two, release } = await startRunning(t, { ...priced, DAILY_BUDGET_USD: '0.5' });
    await eventually(async () => (await world.state('spending/')).length > 0);
    assert.equal((await two.ask('second', inConversation('other'))).text, en.limits.day);
    release();
    await world.whenSaid(2);
    await world.whenAnswered();
    assert.equal((await two.ask('third', inConversation('other'))).text, 're: third');
    assert.deepEqual(textsAsked(world), ['first', 'third']);
  });

  it('of a day hold after a restart', async (t) => {
    const env = { ...priced, DAILY_BUDGET_USD: '0.02', REALTIME_MAX_OUTPUT_TOKENS: '80' };
    const world = await startWorld(t, azurite, env);
    const answered: number[] = [];
    for (let starts = 0; starts < 3; starts++) {
      const instance = await world.start();
      let count = -1;
      for (let said = ''; said !== en.limits.day; count++) {
        assert.ok(count < 20, `${answered}, ${count}`);
        const text = `${starts}-${count}`;
        world.answers(text, spoken(`re: ${text}`, FOUR_SECONDS));
        said = (await instance.ask(text, inConversation(text))).text;
      }
      answered.push(count);
      await instance.close();
    }
    const [first = 0, ...others] = answered;
    assert.ok(first > 1, `${answered}`);
    // What the last turn of an instance has really cost the next one may not have known.
    assert.ok(
      others.every((count) => count <= 1),
      `${answered}`,
    );
  });

  it('of a conversation are in its record', async (t) => {
    const env = { ...priced, CONVERSATION_BUDGET_USD: '0.02', REALTIME_MAX_OUTPUT_TOKENS: '80' };
    const { world, one, two } = await startTwo(t, env);
    let turns = -1;
    for (let said = ''; said !== en.limits.conversation; turns++) {
      assert.ok(turns < 20);
      const text = `turn ${turns}`;
      world.answers(text, spoken(`re: ${text}`, FOUR_SECONDS));
      said = (await (turns % 2 === 0 ? one : two).ask(text)).text;
    }
    assert.ok(turns > 1, `${turns}`);
    for (const instance of [one, two]) {
      assert.equal((await instance.ask('more')).text, en.limits.conversation);
      const cost = Number(/\$(0\.\d+)/.exec((await instance.ask('/usage')).text)?.[1]);
      assert.ok(cost <= 0.02, `${cost}`);
    }
    assert.equal((await one.ask('elsewhere', inConversation('other'))).text, 're: elsewhere');
    assert.equal(world.asked.all.length, turns + 1);
  });
});
