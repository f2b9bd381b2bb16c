import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NEVER } from './fake-model.ts';
import { poolWith } from './pool-under-test.ts';

describe('the last turn in a session', () => {
  it('decides whether the session is reused: a different one closes it', async () => {
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

  it('is that of the last released turn if two run concurrently, and no session leaks', async () => {
    const { pool } = poolWith();
    const one = await pool.acquire('a', undefined, NEVER);
    const other = await pool.acquire('a', undefined, NEVER);
    assert.notEqual(one, other);
    pool.release('a', one, 'turn 1');
    pool.release('a', other, 'turn 2');
    assert.equal(pool.openCount, 1);
    assert.equal(await pool.acquire('a', 'turn 2', NEVER), other);
  });

  it('is invalid once the conversation is dropped, even while the session is lent', async () => {
    const { pool } = poolWith();
    const lent = await pool.acquire('a', undefined, NEVER);
    pool.drop('a');
    assert.equal(lent.isClosed, false);
    pool.release('a', lent, 'turn 1');
    assert.equal(lent.isClosed, true);
    assert.equal(pool.openCount, 0);
  });
});
