import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TypingIndicator } from '../../src/channel/typing.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** An indicator whose sends are recorded with their time; `answer` answers each. */
function shown(answer: () => Promise<void> = async () => {}) {
  const clock = new ManualClock();
  const startMs = clock.now();
  const sentAtMs: number[] = [];
  const indicator = new TypingIndicator(() => {
    sentAtMs.push(clock.now() - startMs);
    return answer();
  }, clock);
  return { clock, sentAtMs, indicator };
}

describe('the typing indicator', () => {
  it('is not shown within the first half second', async () => {
    const { clock, sentAtMs } = shown();
    await clock.advance(499);
    assert.deepEqual(sentAtMs, []);
    await clock.advance(1);
    assert.deepEqual(sentAtMs, [500]);
  });

  it('is shown again every three to four seconds, because clients hide it', async () => {
    const { clock, sentAtMs } = shown();
    await clock.advance(60_000);
    assert.ok(sentAtMs.length >= 15, `${sentAtMs.length} times`);
    for (const [index, atMs] of sentAtMs.entries()) {
      const sinceMs = atMs - (sentAtMs[index - 1] ?? -3_000);
      assert.ok(sinceMs >= 3_000 && sinceMs <= 4_000, `${sinceMs} ms after the one before`);
    }
  });

  it('is never shown if it is stopped before its first send', async () => {
    const { clock, sentAtMs, indicator } = shown();
    await clock.advance(499);
    indicator.stop();
    await clock.advance(60_000);
    assert.deepEqual(sentAtMs, []);
    assert.deepEqual(clock.waiting, []);
  });

  it('is never shown again after it is stopped', async () => {
    const { clock, sentAtMs, indicator } = shown();
    await clock.advance(5_000);
    const count = sentAtMs.length;
    indicator.stop();
    indicator.stop();
    await clock.advance(60_000);
    assert.equal(sentAtMs.length, count);
    assert.deepEqual(clock.waiting, []);
  });

  it('is never shown again if it is stopped during a send', async () => {
    const onTheWay = Promise.withResolvers<void>();
    const { clock, sentAtMs, indicator } = shown(() => onTheWay.promise);
    await clock.advance(500);
    indicator.stop();
    onTheWay.resolve();
    await clock.advance(60_000);
    assert.deepEqual(sentAtMs, [500]);
  });

  it('is not sent a second time during the first send', async () => {
    const onTheWay = Promise.withResolvers<void>();
    const { clock, sentAtMs } = shown(() => onTheWay.promise);
    await clock.advance(30_000);
    assert.deepEqual(sentAtMs, [500]);
    onTheWay.resolve();
    await clock.advance(4_000);
    assert.equal(sentAtMs.length, 2);
  });

  it('continues after a failure without reporting it', async () => {
    const unseen: unknown[] = [];
    const note = (error: unknown) => void unseen.push(error);
    process.on('unhandledRejection', note);
    const { clock, sentAtMs, indicator } = shown(() => Promise.reject(new Error('refused')));
    await clock.advance(5_000);
    assert.equal(sentAtMs.length, 2);
    await indicator.settled;
    process.off('unhandledRejection', note);
    assert.deepEqual(unseen, []);
  });

  it('is settled when no send is in progress', async () => {
    const onTheWay = Promise.withResolvers<void>();
    const { clock, indicator } = shown(() => onTheWay.promise);
    await indicator.settled;
    await clock.advance(500);
    let isSettled = false;
    void indicator.settled.then(() => {
      isSettled = true;
    });
    await clock.advance(0);
    assert.equal(isSettled, false);
    onTheWay.resolve();
    await indicator.settled;
  });
});
