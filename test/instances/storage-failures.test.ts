import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../conversation/talk.ts';
import { inTime } from '../realtime/gathered.ts';
import { type StorageFate, storageError } from '../support/storage-proxy.ts';
import { askedFor, closesSoon, deliver, fail, STEPS, saidIn, startOne } from './failing.ts';
import { linesOf } from './instances.ts';
import { inConversation, PATIENCE, useAzurite } from './two.ts';

/** How long a call to the storage may take. */
const CALL_MS = 4_000;

const FATES: Readonly<Record<string, StorageFate>> = {
  'answered with 500': storageError(500, 'InternalError'),
  'answered with 503': storageError(503, 'ServerBusy'),
  dropped: 'drop',
  'done, and its answer lost': 'answerLost',
  'never answered': 'hang',
};

useAzurite();

describe('a call to the storage that fails once', PATIENCE, () => {
  for (const [name, fate] of Object.entries(FATES)) {
    for (const count of name === 'dropped' || fate === 'answerLost' ? [1, 3] : [1]) {
      it(`costs no message, and none is answered twice, at any step (${name}, ${count} times)`, async (t) => {
        const { world, clock, one } = await startOne(t);
        for (const [index, [when, step, nth]] of STEPS.entries()) {
          const id = `c${index}`;
          const [first, second] = [`${when} 1`, `${when} 2`];
          const met = fail(one, step, nth, count, fate);
          const delivered = deliver(one, world.message(first, inConversation(id)));
          await inTime(met);
          if (fate === 'hang') clock.skip(CALL_MS);
          await inTime(delivered);
          await until(() => saidIn(world, id).length > 0);
          await world.whenAnswered();
          assert.deepEqual(saidIn(world, id), [`re: ${first}`], when);
          assert.equal(askedFor(world, first), 1, when);
          one.proxy.rule = () => undefined;
          await one.ask(second, inConversation(id));
          await world.whenAnswered();
          assert.deepEqual(saidIn(world, id), [`re: ${first}`, `re: ${second}`], when);
          assert.deepEqual(linesOf(world.asked.all.at(-1) ?? assert.fail()), [
            `user: ${first}`,
            `assistant: re: ${first}`,
          ]);
        }
        assert.deepEqual(await world.state('failed/'), []);
        await closesSoon(one.close());
      });
    }
  }
});
