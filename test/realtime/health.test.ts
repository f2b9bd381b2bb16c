import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/clock.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { PING_INTERVAL_MS, PONG_TIMEOUT_MS } from '../../src/realtime/heartbeat.ts';
import { SessionPool } from '../../src/realtime/pool.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { NEVER, SETTINGS } from './fake-model.ts';
import { inTime } from './gathered.ts';
import { azureKey, Client, startMuteServer } from './wire.ts';

const TIMEOUT = { timeout: 20_000 };

/** A pool with one idle session at a server that answers pings, or does not. */
async function idleAt(t: TestContext, { autoPong }: { autoPong: boolean }) {
  const server = await startMuteServer({ autoPong });
  t.after(() => server[Symbol.asyncDispose]());
  const clock = new ManualClock();
  const client = new Client({ endpoint: azureKey(server.url), clock });
  const deps = { open: client.connect, settings: SETTINGS, clock, ids: randomIds, log: createLogger('silent') };
  const open = (signal: AbortSignal) => RealtimeSession.open(deps, signal);
  const pool = new SessionPool({ open, clock, idleMs: 3_600_000, maxSessions: 1, turnMs: 90_000 });
  t.after(() => pool.close());
  const session = await inTime(pool.acquire('a', undefined, NEVER));
  const [socket] = await server.sockets.when(1);
  assert.ok(socket !== undefined);
  return { server, clock, client, pool, session, socket };
}

describe('the bound of sockets', TIMEOUT, () => {
  it('is respected at a server that is slow to close', async (t) => {
    const server = await startMuteServer();
    t.after(() => server[Symbol.asyncDispose]());
    const client = new Client({ endpoint: azureKey(server.url) });
    const deps = {
      open: client.connect,
      settings: SETTINGS,
      clock: systemClock,
      ids: randomIds,
      log: createLogger('silent'),
    };
    const open = (signal: AbortSignal) => RealtimeSession.open(deps, signal);
    const pool = new SessionPool({ open, clock: systemClock, idleMs: 3_600_000, maxSessions: 2, turnMs: 90_000 });
    t.after(() => pool.close());
    let most = 0;
    for (let index = 0; index < 20; index++) {
      const session = await inTime(pool.acquire(`conversation ${index}`, undefined, NEVER));
      await server.sockets.when(index + 1);
      most = Math.max(most, server.sockets.all.filter(({ readyState }) => readyState !== WebSocket.CLOSED).length);
      pool.release(`conversation ${index}`, session, undefined);
    }
    assert.equal(most, 2);
  });
});

describe('the health check of a socket', TIMEOUT, () => {
  it('closes an idle socket that does not answer, and frees its slot', async (t) => {
    const { pool, session, clock, client } = await idleAt(t, { autoPong: false });
    pool.release('a', session, undefined);
    await clock.advance(PING_INTERVAL_MS + PONG_TIMEOUT_MS);
    const [reason] = await client.closed.when(1);
    assert.equal(reason?.code, 'connection_lost');
    assert.match(reason?.message ?? '', /ping/);
    await inTime(new Promise<void>((resolve) => session.onceClosed(resolve)));
    assert.equal(pool.openCount, 0);
  });

  it('keeps an idle socket that answers', async (t) => {
    const { pool, session, clock, socket } = await idleAt(t, { autoPong: true });
    pool.release('a', session, undefined);
    for (let pings = 0; pings < 3; pings++) {
      const pinged = new Promise((resolve) => socket.once('ping', resolve));
      const answered = clock.whenWaiting(PING_INTERVAL_MS);
      await clock.advance(PING_INTERVAL_MS);
      await inTime(pinged);
      await clock.advance(PONG_TIMEOUT_MS);
      await answered;
    }
    assert.equal(await inTime(pool.acquire('a', undefined, NEVER)), session);
  });

  it('pings before a message after a silence: a dead socket fails after 5 seconds, not 15', async (t) => {
    const { session, clock, server } = await idleAt(t, { autoPong: false });
    await clock.advance(PONG_TIMEOUT_MS);
    const result = session.runTurn({ turnId: 'turn-1', text: 'hello', history: undefined }, NEVER);
    await server.events.when(3);
    await clock.advance(PONG_TIMEOUT_MS);
    const { outcome, isRetryable } = await inTime(result);
    assert.equal(outcome.kind === 'failed' && outcome.error.code, 'connection_lost');
    assert.equal(isRetryable, true);
  });

  it('is not needed when the other side closes an idle socket', async (t) => {
    const { pool, session, socket } = await idleAt(t, { autoPong: true });
    pool.release('a', session, undefined);
    socket.terminate();
    await inTime(new Promise<void>((resolve) => session.onceClosed(resolve)));
    assert.equal(pool.openCount, 0);
    assert.notEqual(await inTime(pool.acquire('a', undefined, NEVER)), session);
  });
});
