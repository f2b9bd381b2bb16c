import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NEVER } from './fake-model.ts';
import { poolWith } from './pool-under-test.ts';

describe('a warm session', () => {
  it('is reused only if its last turn is the expected one; otherwise it is closed', async () => {
    const { pool, model } = poolWith();
    const first = await pool.acquire('a', undefined, NEVER);
    pool.release('a', first, 'turn 1');
    assert.equal(pool.isWarm('a', 'turn 1'), true);
    assert.equal(pool.isWarm('a', 'turn 2'), false);
    assert.equal(await pool.acquire('a', 'turn 1', NEVER), first);
    pool.release('a', first, 'turn 2');
    const second = await pool.acquire('a', 'turn of another instance', NEVER);
    assert.notEqual(second, first);
    assert.equal(first.isClosed, true);
    assert.equal(model.connections.length, 2);
  });

  it('is the one released last if two turns run concurrently, and the other is closed', async () => {
    const { pool } = poolWith();
    const one = await pool.acquire('a', undefined, NEVER);
    const other = await pool.acquire('a', undefined, NEVER);
    assert.notEqual(one, other);
    pool.release('a', one, 'turn 1');
    pool.release('a', other, 'turn 2');
    assert.equal(pool.openCount, 1);
    assert.equal(await pool.acquire('a', 'turn 2', NEVER), other);
  });

  it('is closed on release if its conversation was dropped while it was acquired', async () => {
    const { pool } = poolWith();
    const acquired = await pool.acquire('a', undefined, NEVER);
    pool.drop('a');
    assert.equal(acquired.isClosed, false);
    pool.release('a', acquired, 'turn 1');
    assert.equal(acquired.isClosed, true);
    assert.equal(pool.openCount, 0);
  });
});
