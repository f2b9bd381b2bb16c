import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { until } from '../conversation/talk.ts';
import { inTime } from '../realtime/gathered.ts';
import { askedFor, closesSoon, cutOff, DRAIN_MS, pass, STEPS, startOne } from './failing.ts';
import { linesOf } from './instances.ts';
import { SkipClock } from './skip-clock.ts';
import { stepOf } from './steps.ts';
import { inConversation, PATIENCE, skipLooks, useAzurite } from './two.ts';

useAzurite();

describe('a storage that is away for some time', PATIENCE, () => {
  for (const fate of ['drop', 'answerLost'] as const) {
    for (const [when, step, nth] of STEPS.filter(
      ([, step, nth]) => step === 'read record' || (step === 'write record' && nth < 3),
    )) {
      it(`has the user told once, and the answer follows (when ${when}; ${fate})`, async (t) => {
        const { world, clock, one } = await startOne(t);
        const off = cutOff(one, step, nth, fate);
        await one.says('first');
        const comeBack = await inTime(off);
        await pass(one, clock, 15_000);
        await world.whenSaid(1);
        await pass(one, clock, 10_000);
        assert.deepEqual(world.said, [en.storage.lasting]);
        comeBack();
        clock.skip(5_000);
        assert.deepEqual(await world.whenSaid(2), [en.storage.lasting, 're: first']);
        await world.whenAnswered();
        assert.equal(askedFor(world, 'first'), 1);
        assert.equal((await one.ask('second')).text, 're: second');
        await world.whenAnswered();
        assert.equal(world.said.length, 3);
        await closesSoon(one.close());
      });
    }
  }

  it('longer than the conversation was taken for, without another instance: the answer is sent all the same', async (t) => {
    const { world, clock, one } = await startOne(t);
    const off = cutOff(one, 'write record', 2, 'drop');
    await one.says('first');
    const comeBack = await inTime(off);
    await pass(one, clock, 60_000);
    comeBack();
    clock.skip(5_000);
    assert.deepEqual(await world.whenSaid(2), [en.storage.lasting, 're: first']);
    await world.whenAnswered();
    assert.equal(askedFor(world, 'first'), 1);
    assert.equal((await one.ask('second')).text, 're: second');
    await closesSoon(one.close());
  });

  for (const [when, step, nth] of STEPS.slice(5)) {
    it(`after the answer is of no interest to the user (when ${when})`, async (t) => {
      const { world, clock, one } = await startOne(t);
      const off = cutOff(one, step, nth, 'drop');
      await one.says('first');
      const comeBack = await inTime(off);
      await pass(one, clock, 25_000);
      comeBack();
      clock.skip(5_000);
      await world.whenAnswered();
      assert.equal((await one.ask('second')).text, 're: second');
      assert.deepEqual(world.said, ['re: first', 're: second']);
      await closesSoon(one.close());
    });
  }

  it('has messages refused, and users told of it once in a while', async (t) => {
    const { world, clock, one } = await startOne(t);
    await one.ask('before');
    await world.whenAnswered();
    one.proxy.rule = () => 'drop';
    const message = world.message('first');
    const refused = async () => assert.equal((await one.post(message)).status, 503);
    await refused();
    clock.skip(9_000);
    await refused();
    assert.deepEqual(world.said, ['re: before']);
    clock.skip(2_000);
    await refused();
    await world.whenSaid(2);
    for (let times = 0; times < 4; times++) {
      clock.skip(60_000);
      await refused();
    }
    assert.deepEqual(world.said, ['re: before', en.storage.notKept]);
    const other = world.message('other', inConversation('other'));
    assert.equal((await one.post(other)).status, 503);
    await world.whenSaid(3);
    clock.skip(61_000);
    await refused();
    assert.deepEqual(await world.whenSaid(4), ['re: before', ...Array(3).fill(en.storage.notKept)]);
    one.proxy.rule = () => undefined;
    assert.equal((await one.post(message)).status, 200);
    assert.deepEqual((await world.whenSaid(5)).slice(4), ['re: first']);
    await world.whenAnswered();
    assert.equal((await one.post(message)).status, 200);
    await one.ask('second');
    assert.deepEqual(world.said.slice(4), ['re: first', 're: second']);
    await closesSoon(one.close());
  });

  it('leaves nothing behind: no timers, and none that grow with the messages', async (t) => {
    const { world, clock, one } = await startOne(t);
    await one.ask('before');
    await world.whenAnswered();
    const settled = clock.size;
    one.proxy.rule = () => 'drop';
    const message = world.message('first');
    for (let times = 0; times < 20; times++) assert.equal((await one.post(message)).status, 503);
    // The next look for what others left waits, as before.
    await until(() => clock.size <= settled);
    one.proxy.rule = (request) => (stepOf(request) === 'write pending' ? undefined : 'drop');
    for (let count = 0; count < 10; count++) await one.says(`waits ${count}`);
    await pass(one, clock, 15_000);
    one.proxy.rule = () => undefined;
    clock.skip(5_000);
    await until(() => askedFor(world, 'waits 9') === 1);
    await world.whenAnswered();
    await until(() => clock.size <= settled);
    const answers = world.said.filter((text) => text.startsWith('re: waits'));
    assert.deepEqual(
      answers,
      Array.from({ length: 10 }, (_, count) => `re: waits ${count}`),
    );
    await closesSoon(one.close());
  });

  it('has a request that waits for its answer answered all the same', async (t) => {
    const { world, clock, one } = await startOne(t);
    one.proxy.rule = () => 'drop';
    const answer = one.post(world.message('first', { deliveryMode: 'expectReplies' }));
    // Channels wait for fifteen seconds.
    await pass(one, clock, 15_000);
    await inTime(answer);
  });

  it('does not hold up the end of the process', async (t) => {
    const { clock, one } = await startOne(t);
    const off = cutOff(one, 'write record', 1, 'drop');
    await one.says('first');
    await inTime(off);
    const closed = one.close();
    await clock.whenSet(DRAIN_MS);
    clock.skip(DRAIN_MS);
    await closesSoon(closed);
  });
});

describe('an instance that reaches the storage again after another one has taken over', PATIENCE, () => {
  for (const [when, step, nth, fate, asked] of [
    ['before it took the conversation', 'write record', 1, 'drop', 1],
    ['when it had taken the conversation', 'write record', 1, 'answerLost', 1],
    ['before the answer was kept', 'write record', 2, 'drop', 2],
    ['when the answer was kept', 'write record', 2, 'answerLost', 1],
  ] as const) {
    it(`sends nothing (cut off ${when})`, async (t) => {
      const { world, clock, one } = await startOne(t);
      const off = cutOff(one, step, nth, fate);
      await one.says('first');
      const comeBack = await inTime(off);
      const later = new SkipClock(45_000);
      const two = await world.start({ clock: later });
      await skipLooks(later);
      await world.whenSaid(1);
      await world.whenAnswered();
      comeBack();
      // Longer than the first one waits before it tries again, and not so long that it would tell the user.
      clock.skip(5_000);
      await one.ask('second');
      await two.ask('third');
      await world.whenAnswered();
      assert.deepEqual(world.said, ['re: first', 're: second', 're: third']);
      assert.equal(askedFor(world, 'first'), asked);
      assert.equal(linesOf(world.asked.all.at(-1) ?? assert.fail()).length, 4);
      assert.deepEqual(await world.state('failed/'), []);
      await closesSoon(one.close());
    });
  }

  it('while the model speaks: that answer is not sent, and the session knows nothing of it', async (t) => {
    const { world, clock, one } = await startOne(t);
    const release = world.hold('first');
    await one.says('first');
    await world.asked.when(1);
    one.proxy.rule = () => 'drop';
    const later = new SkipClock(45_000);
    await world.start({ clock: later });
    await skipLooks(later);
    await world.asked.when(2);
    one.proxy.rule = () => undefined;
    release();
    await world.whenSaid(1);
    await world.whenAnswered();
    clock.skip(5_000);
    await one.ask('second');
    await world.whenAnswered();
    assert.deepEqual(world.said, ['re: first', 're: second']);
    assert.deepEqual(linesOf(world.asked.all.at(-1) ?? assert.fail()), ['user: first', 'assistant: re: first']);
  });
});
