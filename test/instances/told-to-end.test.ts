import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inTime } from '../realtime/gathered.ts';
import { askedFor, startOne } from './failing.ts';
import { SkipClock } from './skip-clock.ts';
import { PATIENCE, skipLooks, useAzurite } from './two.ts';

useAzurite();

describe('an instance that is told to end', PATIENCE, () => {
  for (const [name, drainSeconds, finishes] of [
    ['waits for its running turn', '45', true],
    ['does not wait for longer than it may', '0', false],
  ] as const) {
    it(`${name}, leaves what waits to the others, and tells nobody`, async (t) => {
      const { world, one } = await startOne(t, { DRAIN_SECONDS: drainSeconds });
      const release = world.hold('first');
      await one.says('first');
      await world.asked.when(1);
      await one.says('second');
      await one.says('third');
      const closed = one.close();
      if (finishes) release();
      await inTime(closed);
      assert.deepEqual(world.said, finishes ? ['re: first'] : []);
      assert.equal((await world.pending()).length, finishes ? 2 : 3);
      release();
      const clock = new SkipClock(12_000);
      await world.start({ clock });
      await skipLooks(clock);
      assert.deepEqual(await world.whenSaid(3), ['re: first', 're: second', 're: third']);
      await world.whenAnswered();
      assert.equal(world.said.length, 3);
      assert.equal(askedFor(world, 'first'), finishes ? 1 : 2);
    });
  }

  it('leaves a message that another instance has at once to it', async (t) => {
    const { world, one } = await startOne(t);
    const two = await world.start();
    const release = world.hold('first');
    await one.says('first');
    await world.asked.when(1);
    await one.says('second');
    await two.says('third');
    const closed = one.close();
    release();
    await inTime(closed);
    assert.deepEqual(await world.whenSaid(3), ['re: first', 're: second', 're: third']);
    await world.whenAnswered();
  });
});
