import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyedMutex } from '../../src/database/keyed-mutex.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('work that is serialized by key', () => {
  it('times out, however long its queue, and never starts late', async () => {
    const clock = new ManualClock(1_000);
    const mutex = new KeyedMutex(clock, 5_000);
    const begun: string[] = [];
    const hanging = Promise.withResolvers<void>();
    const work = (name: string) => async (leftMs: number) => {
      begun.push(`${name} ${leftMs}`);
      await hanging.promise;
    };
    const first = mutex.run('a', work('first'));
    await clock.advance(2_000);
    const late = Array.from({ length: 4 }, () => mutex.run('a', work('late')));
    const outcomes = Promise.allSettled([first, ...late]);
    await clock.advance(5_000);
    for (const outcome of await outcomes)
      assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'store_unavailable');
    hanging.resolve();
    assert.equal(await mutex.run('a', async (leftMs) => leftMs), 5_000);
    assert.deepEqual(begun, ['first 5000']);
  });

  it('does not begin with too little time', async () => {
    const clock = new ManualClock(1_000);
    const mutex = new KeyedMutex(clock, 5_000, 2_000);
    const hanging = Promise.withResolvers<void>();
    const first = mutex.run('a', () => hanging.promise);
    const early = mutex.run('a', async () => 'begun');
    const late = assert.rejects(early, { code: 'store_unavailable' });
    await clock.advance(1_000);
    const later = mutex.run('a', async () => 'begun');
    await clock.advance(2_000);
    hanging.resolve();
    await first;
    await late;
    assert.equal(await later, 'begun');
  });
});
