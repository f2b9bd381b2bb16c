import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { until } from '../conversation/talk.ts';
import { inTime } from '../realtime/gathered.ts';
import type { StorageFate } from '../support/storage-proxy.ts';
import { type Instance, linesOf, type World } from './instances.ts';
import { SkipClock } from './skip-clock.ts';
import { stepOf, stepsOf } from './steps.ts';
import { LEASE_OVER_MS, PATIENCE, skipLooks, startAlone, startLater, textsAsked, useAzurite } from './two.ts';

useAzurite();

/** Resolves when all is answered; nothing was given up. */
async function assertTidy(world: World): Promise<void> {
  await world.whenAnswered();
  assert.deepEqual(await world.state('failed/'), []);
}

/** The `count`th call that is this step meets this fate, and then the process is gone. */
function dieAt(instance: Instance, step: string, count: number, fate: StorageFate = 'drop'): Promise<void> {
  const dead = Promise.withResolvers<void>();
  let seen = 0;
  instance.proxy.rule = (request) => {
    if (stepOf(request) !== step || ++seen < count) return undefined;
    instance.die();
    dead.resolve();
    return fate;
  };
  return dead.promise;
}

describe('a bot that is started anew in the middle of a conversation', PATIENCE, () => {
  it('knows what was said', async (t) => {
    const world = await startAlone(t);
    const one = await world.start();
    await one.ask('first');
    await one.ask('second');
    await one.close();
    const two = await world.start();
    assert.equal((await two.ask('third')).text, 're: third');
    const told = world.asked.all.at(-1);
    assert.ok(told);
    assert.deepEqual(linesOf(told), ['user: first', 'assistant: re: first', 'user: second', 'assistant: re: second']);
    await assertTidy(world);
  });

  it('knows what was chosen and what was used', async (t) => {
    const world = await startAlone(t);
    const one = await world.start();
    assert.ok((await one.ask('first')).attachments);
    await one.ask('/voice cedar');
    await one.ask('/audio off');
    const usage = (await one.ask('/usage')).text;
    assert.match(usage, /questions: 1\n/);
    await one.close();
    const two = await world.start();
    assert.equal((await two.ask('/usage')).text, usage);
    assert.equal((await two.ask('/voice')).text, en.commands.voiceIs('cedar'));
    assert.equal((await two.ask('second')).attachments, undefined);
    assert.match((await two.ask('/usage')).text, /questions: 2\n/);
  });

  it('has forgotten what it was told to forget', async (t) => {
    const world = await startAlone(t);
    const one = await world.start();
    await one.ask('first');
    await one.ask('/reset');
    await one.close();
    await (await world.start()).ask('second');
    assert.deepEqual(world.asked.all.map(linesOf), [[], []]);
  });

  it('answers no message a second time', async (t) => {
    const world = await startAlone(t);
    const one = await world.start();
    const [message, command] = [await one.says('first'), await one.says('/help')];
    await world.whenSaid(2);
    await one.close();
    const two = await world.start();
    for (const again of [message, command]) assert.equal((await two.post(again)).status, 200);
    await two.ask('second');
    assert.deepEqual(textsAsked(world), ['first', 'second']);
    assert.equal(world.said.length, 3);
  });
});

describe('an instance that ends without a word', PATIENCE, () => {
  const died = async (t: TestContext, step: string, count: number, fate?: StorageFate) => {
    const world = await startAlone(t);
    const earlier = await world.start();
    await earlier.ask('before');
    await world.whenAnswered();
    await earlier.close();
    // One that has to read the record.
    const one = await world.start();
    const dead = dieAt(one, step, count, fate);
    await one.says('first');
    await inTime(dead);
    return { world, one };
  };

  for (const [when, step, count, fate] of [
    ['before it read the conversation', 'read record', 1, 'drop'],
    ['before it took the conversation', 'write record', 1, 'drop'],
    ['when it had taken the conversation', 'write record', 1, 'answerLost'],
  ] as const) {
    it(`${when}: another one answers`, async (t) => {
      const { world } = await died(t, step, count, fate);
      await startLater(world);
      assert.deepEqual(await world.whenSaid(2), ['re: before', 're: first']);
      assert.deepEqual(textsAsked(world), ['before', 'first']);
      assert.deepEqual(linesOf(world.asked.all[1] ?? assert.fail()), ['user: before', 'assistant: re: before']);
      await assertTidy(world);
    });
  }

  it('while the model was speaking: another one asks again', async (t) => {
    const world = await startAlone(t);
    const one = await world.start();
    const release = world.hold('first');
    await one.says('first');
    await world.asked.when(1);
    one.die();
    release();
    await startLater(world);
    assert.deepEqual(await world.whenSaid(1), ['re: first']);
    assert.equal(world.asked.all.length, 2);
    await assertTidy(world);
  });

  for (const [when, count, fate] of [
    ['before the answer was kept', 2, 'drop'],
    ['when the answer was kept, and not sent', 2, 'answerLost'],
  ] as const) {
    it(`${when}: it is sent once`, async (t) => {
      const { world } = await died(t, 'write record', count, fate);
      const two = await startLater(world);
      assert.deepEqual(await world.whenSaid(2), ['re: before', 're: first']);
      assert.ok(world.connector.messages[1]?.body.attachments, 'with its sound');
      await assertTidy(world);
      const isKept = fate === 'answerLost';
      assert.equal(world.asked.all.length, isKept ? 2 : 3, 'what was kept is not made again');
      await two.ask('second');
      assert.deepEqual(linesOf(world.asked.all.at(-1) ?? assert.fail()), [
        'user: before',
        'assistant: re: before',
        'user: first',
        'assistant: re: first',
      ]);
      assert.equal(world.said.length, 3);
    });
  }

  it('when it was recorded that the answer is out: nothing is sent twice', async (t) => {
    const { world } = await died(t, 'delete pending', 1);
    await startLater(world);
    await assertTidy(world);
    assert.deepEqual(world.said, ['re: before', 're: first']);
    assert.equal(world.asked.all.length, 2);
  });

  it('when the answer was out and nobody had recorded it: it is not made again, and the double is in the log', async (t) => {
    const { world } = await died(t, 'write record', 3);
    await world.whenSaid(2);
    const two = await startLater(world);
    assert.deepEqual(await world.whenSaid(3), ['re: before', 're: first', 're: first']);
    await assertTidy(world);
    assert.equal(world.asked.all.length, 2);
    assert.equal(two.logs.filter(({ msg }) => /^sent again/.test(String(msg))).length, 1);
  });

  it('with several messages: they are answered in their order', async (t) => {
    const world = await startAlone(t);
    const one = await world.start();
    const release = world.hold('first');
    await one.says('first');
    await world.asked.when(1);
    await one.says('second');
    await one.says('third');
    one.die();
    release();
    await startLater(world);
    assert.deepEqual(await world.whenSaid(3), ['re: first', 're: second', 're: third']);
    await assertTidy(world);
    assert.equal(world.asked.all.length, 4);
  });

  it('is not waited for by a newer message, which is answered after the older', async (t) => {
    const { world } = await died(t, 'write record', 1, 'answerLost');
    const clock = new SkipClock(LEASE_OVER_MS);
    const two = await world.start({ clock });
    await two.says('second');
    assert.deepEqual(await world.whenSaid(3), ['re: before', 're: first', 're: second']);
    await assertTidy(world);
    assert.deepEqual(textsAsked(world), ['before', 'first', 'second']);
  });

  it('is followed by one other instance, also where two find it at the same time', async (t) => {
    const { world } = await died(t, 'write record', 1, 'answerLost');
    const clocks = [new SkipClock(LEASE_OVER_MS), new SkipClock(LEASE_OVER_MS)];
    await Promise.all(clocks.map((clock) => world.start({ clock })));
    await skipLooks(...clocks);
    await world.whenSaid(2);
    await assertTidy(world);
    assert.deepEqual(world.said, ['re: before', 're: first']);
    assert.equal(world.asked.all.length, 2);
  });

  it('with a command: another one obeys', async (t) => {
    const world = await startAlone(t);
    const one = await world.start();
    await one.ask('first');
    // Else the answer would be out and nobody have recorded it: it would be sent again.
    await world.whenAnswered();
    one.proxy.rule = (request) => (stepOf(request) === 'write pending' ? undefined : 'hang');
    await one.says('/usage');
    await startLater(world);
    const said = await world.whenSaid(2);
    assert.match(said[1] ?? '', /questions: 1\n/);
  });
});

describe('a message at which every instance ends', PATIENCE, () => {
  it('is given up after three tries, with a word to the user, a line in the log, and put aside', async (t) => {
    const world = await startAlone(t);
    const release = world.hold('first');
    const one = await world.start();
    await one.says('first');
    await world.asked.when(1);
    one.die();
    for (let tries = 2; tries <= 3; tries++) {
      const next = await startLater(world, { clock: new SkipClock((tries - 1) * LEASE_OVER_MS) });
      await world.asked.when(tries);
      next.die();
    }
    const last = await startLater(world, { clock: new SkipClock(3 * LEASE_OVER_MS) });
    const [said = ''] = await world.whenSaid(1);
    const incident = /^Something went wrong on my side\. Please send that again\. \(incident (\w+)\)$/.exec(said)?.[1];
    assert.ok(incident, said);
    await until(() => stepsOf(last.proxy.requests).includes('delete pending'));
    assert.equal((await world.state('failed/')).length, 1);
    assert.deepEqual(await world.state('pending/'), []);
    const lines = last.logs.filter((line) => line['level'] === 'error' && line['incident'] === incident);
    assert.equal(lines.length, 1);
    release();
    assert.equal((await last.ask('second')).text, 're: second');
    assert.equal(world.asked.all.length, 4);
  });

  it('is given up also where newer messages are what has it tried again', async (t) => {
    const world = await startAlone(t);
    world.hold('first');
    const one = await world.start();
    await one.says('first');
    await world.asked.when(1);
    one.die();
    for (let tries = 2; tries <= 3; tries++) {
      const next = await world.start({ clock: new SkipClock((tries - 1) * LEASE_OVER_MS) });
      await next.says(`newer ${tries}`);
      await world.asked.when(tries);
      next.die();
    }
    const last = await world.start({ clock: new SkipClock(3 * LEASE_OVER_MS) });
    await last.says('newest');
    await Promise.race([world.whenSaid(1), world.asked.when(4)]);
    assert.equal(world.asked.all.filter(({ text }) => text === 'first').length, 3, 'not tried a fourth time');
    const said = await world.whenSaid(4);
    assert.match(said[0] ?? '', /^Something went wrong on my side/);
    assert.deepEqual(said.slice(1), ['re: newer 2', 're: newer 3', 're: newest']);
    await world.whenAnswered();
    assert.equal((await world.state('failed/')).length, 1);
  });
});
