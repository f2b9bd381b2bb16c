import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import { Heartbeat, PING_INTERVAL_MS, PONG_TIMEOUT_MS } from '../../src/realtime/heartbeat.ts';
import { ManualClock } from '../support/manual-clock.ts';

function beating() {
  const clock = new ManualClock();
  const seen = { pings: 0, deaths: 0 };
  const heartbeat = new Heartbeat({
    clock,
    ping: () => {
      seen.pings++;
    },
    onDead: () => {
      seen.deaths++;
    },
  });
  /** Advances the clock, and runs what was deferred until I/O is read. */
  const advance = async (ms: number) => {
    await clock.advance(ms);
    await nextTick();
  };
  return { clock, seen, heartbeat, advance };
}

describe('the heartbeat of a socket', () => {
  it('pings a peer after 30 seconds of silence, and waits 5 seconds', async () => {
    const { seen, advance } = beating();
    await advance(PING_INTERVAL_MS - 1);
    assert.deepEqual(seen, { pings: 0, deaths: 0 });
    await advance(1);
    assert.deepEqual(seen, { pings: 1, deaths: 0 });
    await advance(PONG_TIMEOUT_MS - 1);
    assert.equal(seen.deaths, 0);
    await advance(1);
    assert.deepEqual(seen, { pings: 1, deaths: 1 });
  });

  it('continues while the peer answers', async () => {
    const { seen, heartbeat, advance } = beating();
    for (let pings = 1; pings <= 3; pings++) {
      await advance(PING_INTERVAL_MS);
      assert.deepEqual(seen, { pings, deaths: 0 });
      heartbeat.heard();
      await advance(PONG_TIMEOUT_MS);
    }
    await advance(PING_INTERVAL_MS + PONG_TIMEOUT_MS);
    assert.deepEqual(seen, { pings: 4, deaths: 1 });
  });

  it('does not ping a peer that sends', async () => {
    const { seen, heartbeat, advance } = beating();
    for (let times = 0; times < 10; times++) {
      await advance(PING_INTERVAL_MS - 1);
      heartbeat.heard();
    }
    assert.deepEqual(seen, { pings: 0, deaths: 0 });
  });

  it('pings a quiet peer once before a message', async () => {
    const { seen, heartbeat, advance } = beating();
    heartbeat.probe();
    assert.equal(seen.pings, 0);
    await advance(PONG_TIMEOUT_MS);
    heartbeat.probe();
    heartbeat.probe();
    assert.equal(seen.pings, 1);
    await advance(PONG_TIMEOUT_MS);
    assert.equal(seen.deaths, 1);
  });

  it('reads waiting answers of a busy process before it decides', async () => {
    let nowMs = 0;
    let fire = () => {};
    let deaths = 0;
    const clock: Clock = {
      now: () => nowMs,
      after: (_, run) => {
        fire = run;
        return () => {};
      },
    };
    const heartbeat = new Heartbeat({ clock, ping: () => {}, onDead: () => deaths++ });
    nowMs = PING_INTERVAL_MS;
    fire();
    nowMs += 60_000;
    fire();
    // The answer has been waiting in the socket, and is read in the same iteration of the event loop.
    heartbeat.heard();
    await nextTick();
    assert.equal(deaths, 0);
  });

  it('is not misled by a clock that is set back', async () => {
    const { clock, seen, heartbeat, advance } = beating();
    await advance(PING_INTERVAL_MS);
    assert.equal(seen.pings, 1);
    const now = clock.now();
    Object.assign(clock, { now: () => now - 3_600_000 });
    heartbeat.heard();
    await advance(PONG_TIMEOUT_MS);
    assert.equal(seen.deaths, 0);
    Object.assign(clock, { now: () => now - 7_200_000 });
    heartbeat.probe();
    assert.equal(seen.pings, 2);
  });

  it('leaves no timer behind after stop', async () => {
    const { clock, seen, heartbeat, advance } = beating();
    await advance(PING_INTERVAL_MS);
    heartbeat.stop();
    heartbeat.stop();
    heartbeat.probe();
    await advance(10 * PING_INTERVAL_MS);
    assert.deepEqual(seen, { pings: 1, deaths: 0 });
    assert.deepEqual(clock.waiting, []);
  });
});
