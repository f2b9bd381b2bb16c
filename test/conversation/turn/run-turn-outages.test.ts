import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '../../../src/clock.ts';
import { en } from '../../../src/messages/en.ts';
import { turn } from '../recordings-under-test.ts';
import { start, withoutActivity } from './attempt-under-test.ts';
import { AWAY } from './scripted-job.ts';

describe('a turn during an outage of a store', () => {
  it('waits for an unavailable store, and tells its user once if that lasts', async () => {
    const { job, result, clock, diary } = start();
    job.failures = 12;
    const ended = result();
    for (let second = 0; second < 40; second++) await clock.advance(1_000);
    assert.equal((await ended).kind, 'answered');
    assert.deepEqual(
      diary.filter((line) => line.startsWith('sends')),
      [`sends ${en.storage.delayed}`, 'sends Hi'],
    );
  });

  it('tells its user after ten seconds also if the store does not answer at all', async () => {
    const { job, result, clock, diary } = start();
    const { begin } = job;
    job.begin = async () => {
      await sleep(clock, 18_000);
      return begin.call(job);
    };
    const ended = result();
    await clock.advance(9_999);
    assert.deepEqual(diary, []);
    await clock.advance(1);
    assert.deepEqual(diary, [`sends ${en.storage.delayed}`]);
    await clock.advance(10_000);
    assert.equal((await ended).kind, 'answered');
  });

  it('does not send the outage notice after the answer', async () => {
    const { job, result, clock, diary } = start();
    const { complete } = job;
    job.complete = async () => {
      job.failures = 12;
      job.complete = complete;
      return complete.call(job);
    };
    const ended = result();
    for (let second = 0; second < 40; second++) await clock.advance(1_000);
    assert.equal((await ended).kind, 'answered');
    assert.deepEqual(withoutActivity(diary), ['begin', 'save: saved', 'sends Hi', 'complete']);
  });

  it('waits at most three seconds for an unavailable store if it expects replies', async () => {
    const { job, result, clock, diary } = start({ message: turn('hello', { expectsReplies: true }) });
    job.failures = Number.POSITIVE_INFINITY;
    const ended = result();
    for (let second = 0; second < 7; second++) await clock.advance(1_000);
    assert.equal((await ended).kind, 'failed');
    assert.match(diary.join('\n'), /^sends .*\(incident \w+\)$/);
  });

  it('begins no call to a store after the time that it may wait', async () => {
    const { job, result, clock } = start({ message: turn('hello', { expectsReplies: true }) });
    const begunMs: number[] = [];
    const startMs = clock.now();
    job.begin = async () => {
      begunMs.push(clock.now() - startMs);
      // The fifth call fails shortly before the limit.
      if (begunMs.length === 5) await sleep(clock, 2_200);
      throw AWAY;
    };
    const ended = result();
    await clock.advance(2_950);
    assert.equal((await ended).kind, 'failed');
    await clock.advance(5_000);
    assert.deepEqual(begunMs, [0, 50, 150, 350, 750]);
  });
});
