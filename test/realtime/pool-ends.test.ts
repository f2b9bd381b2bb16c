import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolOptions } from '../../src/realtime/pool.ts';
import { NEVER } from './fake-model.ts';
import { IDLE_MS, poolWith, use } from './pool-under-test.ts';
import * as wire from './server-events.ts';

describe('the reason of a closed session', () => {
  /** A pool with the reasons of its closed sessions. */
  function tellingPool(options: Partial<PoolOptions> = {}) {
    const reasons: string[] = [];
    return { ...poolWith({ ...options, onClosed: (reason) => reasons.push(reason) }), reasons };
  }

  it('is idle after the idle time', async () => {
    const { pool, clock, reasons } = tellingPool();
    await use(pool, 'a');
    await clock.advance(IDLE_MS);
    assert.deepEqual(reasons, ['idle']);
  });

  it('is evicted if another conversation needs the slot', async () => {
    const { pool, reasons } = tellingPool({ maxSessions: 1 });
    await use(pool, 'a');
    await use(pool, 'b');
    assert.deepEqual(reasons, ['evicted']);
  });

  it('is expiring if the session might end during the next turn', async () => {
    const { pool, clock, reasons } = tellingPool({ idleMs: 3_600_000 });
    await use(pool, 'a');
    await clock.advance(25 * 60_000);
    await use(pool, 'a');
    assert.deepEqual(reasons, ['expiring']);
  });

  it('is unusable if the session was closed while acquired', async () => {
    const { pool, reasons } = tellingPool();
    const session = await pool.acquire('a', undefined, NEVER);
    session.close();
    pool.release('a', session, undefined);
    assert.deepEqual(reasons, ['unusable']);
  });

  it('is unusable after an error of the service between turns', async () => {
    const { pool, model, reasons } = tellingPool();
    await use(pool, 'a');
    model.last.receive(wire.errorEvent({ type: 'server_error' }, null));
    const session = await pool.acquire('a', undefined, NEVER);
    assert.deepEqual(reasons, ['unusable']);
    model.last.receive(wire.errorEvent({ type: 'server_error' }, null));
    pool.release('a', session, undefined);
    assert.deepEqual(reasons, ['unusable', 'unusable']);
  });

  it('is stale if the conversation is dropped, once', async () => {
    const { pool, reasons } = tellingPool();
    await use(pool, 'a');
    pool.drop('a');
    pool.drop('a');
    assert.deepEqual(reasons, ['stale']);
  });

  it('is lost if the service closes the socket, of an idle session or during a turn', async () => {
    const { pool, model, reasons } = tellingPool();
    await use(pool, 'a');
    model.last.drop();
    const session = await pool.acquire('b', undefined, NEVER);
    model.last.drop();
    pool.release('b', session, undefined);
    assert.deepEqual(reasons, ['lost', 'lost']);
  });

  it('is shutdown if the pool is closed, once for each session', async () => {
    const { pool, reasons } = tellingPool();
    await use(pool, 'a');
    const acquired = await pool.acquire('b', undefined, NEVER);
    pool.close();
    pool.release('b', acquired, undefined);
    pool.close();
    assert.deepEqual(reasons, ['shutdown', 'shutdown']);
  });
});
