import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TurnError } from '../../src/errors.ts';
import { NEVER } from './fake-model.ts';
import { inTime } from './gathered.ts';
import { IDLE_MS, poolWith, TURN_MS, use } from './pool-under-test.ts';

/** The state of a promise. */
function watch(promise: Promise<unknown>): () => 'waiting' | 'done' | 'failed' {
  let state: 'waiting' | 'done' | 'failed' = 'waiting';
  promise.then(
    () => {
      state = 'done';
    },
    () => {
      state = 'failed';
    },
  );
  return () => state;
}

describe('the session pool', () => {
  it('lends a conversation its warm session again', async () => {
    const { pool, model } = poolWith();
    assert.equal(await use(pool, 'a'), await use(pool, 'a'));
    assert.equal(model.connections.length, 1);
    assert.equal(pool.openCount, 1);
  });

  it('never lends one conversation the session of another', async () => {
    const { pool } = poolWith();
    assert.notEqual(await use(pool, 'a'), await use(pool, 'b'));
    assert.equal(pool.openCount, 2);
  });

  it('opens a new session when the warm one is broken', async () => {
    const { pool, model } = poolWith();
    const first = await use(pool, 'a');
    model.last.drop();
    assert.notEqual(await use(pool, 'a'), first);
    assert.equal(pool.openCount, 1);
  });

  it('does not keep a session that is unusable when released', async () => {
    const { pool, model } = poolWith();
    const session = await pool.acquire('a', undefined, NEVER);
    session.close();
    pool.release('a', session, undefined);
    assert.equal(pool.openCount, 0);
    assert.equal(model.last.isOpen, false);
  });

  it('rejects with the error of a failed opening, and frees its slot', async () => {
    const { pool, model } = poolWith();
    model.refusals.push(new TurnError('unauthorized', 'no'));
    await assert.rejects(pool.acquire('a', undefined, NEVER), { code: 'unauthorized' });
    assert.equal(pool.openCount, 0);
  });
});

describe('idle sessions', () => {
  it('are closed after the idle time', async () => {
    const { pool, model, clock } = poolWith();
    await use(pool, 'a');
    await clock.advance(IDLE_MS - 1);
    assert.equal(model.last.isOpen, true);
    await clock.advance(1);
    assert.equal(model.last.isOpen, false);
    assert.equal(pool.openCount, 0);
  });

  it('start their idle time anew with every turn', async () => {
    const { pool, model, clock } = poolWith();
    await use(pool, 'a');
    await clock.advance(IDLE_MS - 1);
    await use(pool, 'a');
    await clock.advance(IDLE_MS - 1);
    assert.equal(model.last.isOpen, true);
    await clock.advance(1);
    assert.equal(model.last.isOpen, false);
  });

  it('are not closed while they are lent', async () => {
    const { pool, model, clock } = poolWith();
    await use(pool, 'a');
    const session = await pool.acquire('a', undefined, NEVER);
    await clock.advance(IDLE_MS * 2);
    assert.equal(model.last.isOpen, true);
    pool.release('a', session, undefined);
  });

  it('are replaced before use when a turn could outlive them', async () => {
    const { pool, model, clock } = poolWith({ idleMs: 10 * 3_600_000 });
    const first = await use(pool, 'a');
    const margin = 60_000;
    model.last.receive({
      type: 'session.created',
      session: { expires_at: (clock.now() + TURN_MS + margin + 1_000) / 1000 },
    });
    assert.equal(await use(pool, 'a'), first);
    await clock.advance(1_000);
    assert.notEqual(await use(pool, 'a'), first);
    assert.equal(model.connections[0]?.isOpen, false);
    assert.equal(pool.openCount, 1);
  });

  it('are not kept when they are released too near to their end', async () => {
    const { pool, model, clock } = poolWith();
    const session = await pool.acquire('a', undefined, NEVER);
    model.last.receive({ type: 'session.created', session: { expires_at: clock.now() / 1000 + 60 } });
    pool.release('a', session, undefined);
    assert.equal(model.last.isOpen, false);
    assert.equal(pool.openCount, 0);
  });

  it('are closed when their conversation is dropped', async () => {
    const { pool, model, clock } = poolWith();
    await use(pool, 'a');
    pool.drop('a');
    pool.drop('unknown');
    assert.equal(model.last.isOpen, false);
    assert.equal(pool.openCount, 0);
    assert.deepEqual(clock.waiting, []);
  });
});

describe('the bound of the session pool', () => {
  it('closes the idle session that was used least recently', async () => {
    const { pool, model } = poolWith({ maxSessions: 2 });
    const [a] = [await use(pool, 'a'), await use(pool, 'b')];
    assert.equal(await use(pool, 'a'), a);
    await use(pool, 'c');
    assert.deepEqual(
      model.connections.map(({ isOpen }) => isOpen),
      [true, false, true],
    );
    assert.equal(pool.openCount, 2);
  });

  it('waits when every session is lent', async () => {
    const { pool, clock } = poolWith({ maxSessions: 2 });
    const a = await pool.acquire('a', undefined, NEVER);
    await pool.acquire('b', undefined, NEVER);
    const third = pool.acquire('c', undefined, NEVER);
    const state = watch(third);
    await clock.advance(0);
    assert.equal(state(), 'waiting');
    pool.release('a', a, undefined);
    assert.notEqual(await third, a);
    assert.equal(pool.openCount, 2);
  });

  it('serves waiters in their order', async () => {
    const { pool } = poolWith({ maxSessions: 1 });
    const order: string[] = [];
    const first = await pool.acquire('a', undefined, NEVER);
    const turns = ['b', 'c', 'd'].map(async (key) => {
      const session = await pool.acquire(key, undefined, NEVER);
      order.push(key);
      pool.release(key, session, undefined);
    });
    pool.release('a', first, undefined);
    await Promise.all(turns);
    assert.deepEqual(order, ['b', 'c', 'd']);
    assert.equal(pool.openCount, 1);
  });

  it('holds for conversations that begin at the same moment', async () => {
    const { pool, model, clock } = poolWith({ maxSessions: 1 });
    const turns = ['a', 'b', 'c'].map((key) => pool.acquire(key, undefined, NEVER));
    const states = turns.map(watch);
    await clock.advance(0);
    assert.deepEqual(
      states.map((state) => state()),
      ['done', 'waiting', 'waiting'],
    );
    assert.equal(model.connections.length, 1);
  });

  it('stops waiting when its signal is aborted, with the reason', async () => {
    const { pool, clock } = poolWith({ maxSessions: 1 });
    const first = await pool.acquire('a', undefined, NEVER);
    const stopping = new AbortController();
    const second = pool.acquire('b', undefined, stopping.signal);
    const third = pool.acquire('c', undefined, NEVER);
    stopping.abort(new TurnError('turn_timeout', 'too late'));
    await assert.rejects(second, { code: 'turn_timeout' });
    pool.release('a', first, undefined);
    await third;
    await clock.advance(0);
    assert.equal(pool.openCount, 1);
  });

  it('passes on a slot that becomes free at the moment of the abort', async () => {
    const { pool } = poolWith({ maxSessions: 1 });
    const first = await pool.acquire('a', undefined, NEVER);
    const stopping = new AbortController();
    const second = pool.acquire('b', undefined, stopping.signal);
    const third = pool.acquire('c', undefined, NEVER);
    stopping.abort(new TurnError('turn_timeout', 'too late'));
    first.close();
    await assert.rejects(second, { code: 'turn_timeout' });
    pool.release('c', await inTime(third), undefined);
    assert.equal(pool.openCount, 1);
  });

  it('does not wait at all for a signal that was aborted before', async () => {
    const { pool } = poolWith({ maxSessions: 1 });
    await pool.acquire('a', undefined, NEVER);
    const aborted = AbortSignal.abort(new TurnError('turn_timeout', 'too late'));
    await assert.rejects(pool.acquire('b', undefined, aborted), { code: 'turn_timeout' });
    assert.equal(pool.openCount, 1);
  });

  it('passes a slot on when an opening fails', async () => {
    const { pool, model } = poolWith({ maxSessions: 1 });
    const first = await pool.acquire('a', undefined, NEVER);
    const failing = pool.acquire('b', undefined, NEVER);
    const next = pool.acquire('c', undefined, NEVER);
    model.refusals.push(new TurnError('service_unavailable', 'no'));
    pool.release('a', first, undefined);
    await assert.rejects(failing, { code: 'service_unavailable' });
    await next;
    assert.equal(pool.openCount, 1);
  });
});

describe('closing the session pool', () => {
  it('closes idle and lent sessions, and may be called twice', async () => {
    const { pool, model } = poolWith();
    await use(pool, 'idle');
    const lent = await pool.acquire('lent', undefined, NEVER);
    pool.close();
    pool.close();
    assert.deepEqual(
      model.connections.map(({ isOpen }) => isOpen),
      [false, false],
    );
    pool.release('lent', lent, undefined);
    assert.equal(pool.openCount, 0);
  });

  it('closes a session that is being opened', async () => {
    const { pool, model } = poolWith();
    const opening = pool.acquire('a', undefined, NEVER);
    pool.close();
    const session = await opening;
    assert.equal(model.last.isOpen, false);
    pool.release('a', session, undefined);
    assert.equal(pool.openCount, 0);
  });

  it('leaves no timer behind', async () => {
    const { pool, clock } = poolWith();
    await use(pool, 'a');
    await use(pool, 'b');
    pool.close();
    assert.deepEqual(clock.waiting, []);
  });
});
