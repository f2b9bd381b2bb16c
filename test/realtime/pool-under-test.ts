import { type PoolOptions, SessionPool } from '../../src/realtime/pool.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import { FakeModel, NEVER } from './fake-model.ts';

export const IDLE_MS = 300_000;
export const TURN_MS = 90_000;

/** A pool over a service without sockets, unbounded by default. */
export function poolWith(options: Partial<PoolOptions> = {}) {
  const model = new FakeModel();
  const { clock } = model;
  const open = (signal: AbortSignal) => RealtimeSession.open(model.sessionDeps, signal);
  const pool = new SessionPool({ open, clock, idleMs: IDLE_MS, maxSessions: 100, turnMs: TURN_MS, ...options });
  return { pool, model, clock };
}

/** Acquires and releases, as a turn does. */
export async function use(pool: SessionPool, key: string): Promise<RealtimeSession> {
  const session = await pool.acquire(key, undefined, NEVER);
  pool.release(key, session, undefined);
  return session;
}
