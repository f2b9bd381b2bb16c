import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { until } from '../conversation/talk.ts';
import { eventually, linesOf } from './instances.ts';
import { SkipClock } from './skip-clock.ts';
import { stepOf } from './steps.ts';
import { countOf, PATIENCE, startAlone, startRunning, startTwo, textsAsked, useAzurite } from './two.ts';

/** After so long a message that waited looks whether it is still kept. */
const LONG_WAIT_MS = 600;
/** By its own clock a message has then waited for no time at all, however long this has taken. */
const SLOW_MACHINE_MS = 3_000;

useAzurite();

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
    const world = await startAlone(t);
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
