import type { Clock } from '../clock.ts';
import { unlessAborted } from '../deadline.ts';
import { TurnError } from '../errors.ts';
import type { RealtimeSession } from './session.ts';

/**
 * Why a session has ended.
 * - `idle`: it had no turn for `idleMs`.
 * - `evicted`: another conversation needed its slot.
 * - `expiring`: it might expire during the next turn.
 * - `unusable`: a turn or the service failed, so its memory is unknown.
 * - `stale`: its memory is out of date.
 * - `lost`: the service closed it or is unreachable.
 * - `shutdown`: the pool was closed.
 */
export type CloseReason = 'idle' | 'evicted' | 'expiring' | 'unusable' | 'stale' | 'lost' | 'shutdown';

export interface PoolOptions {
  /** Opens a new session. Rejects with a TurnError. */
  readonly open: (signal: AbortSignal) => Promise<RealtimeSession>;
  readonly clock: Clock;
  /** A session without a turn for this long is closed. */
  readonly idleMs: number;
  /**
   * Limits all open sockets. At the limit the least recently used idle session is closed; if none is idle, the turn
   * waits.
   */
  readonly maxSessions: number;
  /** The longest turn. A session that would expire within this time is replaced before the turn. */
  readonly turnMs: number;
  /** Called once for each session that ends. */
  readonly onClosed?: (reason: CloseReason) => void;
}

interface IdleSession {
  readonly session: RealtimeSession;
  /** The version that the session was released with. */
  readonly sessionVersion: string | undefined;
  readonly cancelTimer: () => void;
}

interface AcquiredSession {
  readonly key: string;
  /** Whether the session is closed as soon as it is released. */
  isDropped: boolean;
}

/** A session is replaced this long before a turn could meet its end. */
const EXPIRY_MARGIN_MS = 60_000;

/**
 * The warm sessions, at most one idle session for each conversation. Concurrent turns have a session each; the pool
 * keeps the one that is released last. A session holds a slot from before it is opened until its socket is closed.
 * Waiting turns get slots in their order.
 */
export class SessionPool {
  readonly #options: PoolOptions;
  /** The least recently used session comes first. */
  readonly #idle = new Map<string, IdleSession>();
  readonly #acquired = new Map<RealtimeSession, AcquiredSession>();
  /** The sessions that are closing. Each will free a slot. */
  readonly #closing = new Set<RealtimeSession>();
  readonly #waiting = new Set<() => void>();
  #slotsInUse = 0;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get openCount(): number {
    return this.#slotsInUse;
  }

  /** Whether `acquire` would return a warm session now. */
  isWarm(key: string, sessionVersion: string | undefined): boolean {
    const idle = this.#idle.get(key);
    return idle !== undefined && idle.sessionVersion === sessionVersion && this.#isUsable(idle.session);
  }

  /**
   * Returns the conversation's warm session or opens a new one. Call `release` after the turn, however it ends. A warm
   * session whose version is not `sessionVersion` is closed: it lacks a later turn or knows a deleted one.
   */
  async acquire(key: string, sessionVersion: string | undefined, signal: AbortSignal): Promise<RealtimeSession> {
    if (this.#isClosed) throw new TurnError('shutting_down', 'the sessions are closed');
    const isWarm = this.isWarm(key, sessionVersion);
    const idle = this.#removeIdle(key);
    if (idle !== undefined && isWarm) {
      this.#acquired.set(idle.session, { key, isDropped: false });
      return idle.session;
    }
    if (idle !== undefined) this.#close(idle.session, this.#reasonToReplace(idle, sessionVersion));
    await this.#acquireSlot(signal);
    return this.#open(key, signal);
  }

  /** `sessionVersion`: what the next turn has to ask for to get this session. */
  release(key: string, session: RealtimeSession, sessionVersion: string | undefined): void {
    const isDropped = this.#acquired.get(session)?.isDropped ?? false;
    this.#acquired.delete(session);
    const reason = this.#reasonToClose(session, isDropped);
    if (reason !== undefined) {
      this.#close(session, reason);
      return;
    }
    // Two concurrent turns leave two sessions, each missing the other's turn; keep the newer one.
    this.#closeIdle(key, 'stale');
    const cancelTimer = this.#options.clock.after(this.#options.idleMs, () => this.#closeIdle(key, 'idle'));
    this.#idle.set(key, { session, sessionVersion, cancelTimer });
  }

  /** Closes the conversation's idle session now, and acquired ones when they are released. */
  drop(key: string): void {
    this.#closeIdle(key, 'stale');
    for (const acquired of this.#acquired.values()) if (acquired.key === key) acquired.isDropped = true;
  }

  /** Closes every session, including acquired ones. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const key of [...this.#idle.keys()]) this.#closeIdle(key, 'shutdown');
    for (const session of this.#acquired.keys()) this.#close(session, 'shutdown');
  }

  #reasonToClose(session: RealtimeSession, isDropped: boolean): CloseReason | undefined {
    if (this.#isClosed) return 'shutdown';
    if (session.isUnusable) return 'unusable';
    if (isDropped) return 'stale';
    if (this.#isSlotMissing()) return 'evicted';
    return this.#isUsable(session) ? undefined : 'expiring';
  }

  #reasonToReplace(idle: IdleSession, sessionVersion: string | undefined): CloseReason {
    if (idle.sessionVersion !== sessionVersion) return 'stale';
    return idle.session.isUnusable ? 'unusable' : 'expiring';
  }

  async #open(key: string, signal: AbortSignal): Promise<RealtimeSession> {
    try {
      const session = await this.#options.open(signal);
      this.#acquired.set(session, { key, isDropped: false });
      session.onceClosed(() => this.#onClosed(key, session));
      if (this.#isClosed) this.#close(session, 'shutdown');
      return session;
    } catch (error) {
      this.#freeSlot();
      throw error;
    }
  }

  #closeIdle(key: string, reason: CloseReason): void {
    const idle = this.#removeIdle(key);
    if (idle !== undefined) this.#close(idle.session, reason);
  }

  /** Frees the slot only when the socket is closed: until then, the service counts the session. */
  #close(session: RealtimeSession, reason: CloseReason): void {
    if (!session.isClosed && !this.#closing.has(session)) {
      this.#closing.add(session);
      this.#options.onClosed?.(reason);
    }
    session.close();
  }

  /** Called for every session, including an idle one whose socket breaks. */
  #onClosed(key: string, session: RealtimeSession): void {
    if (!this.#closing.delete(session)) this.#options.onClosed?.(session.isClosedByUs ? 'unusable' : 'lost');
    if (this.#idle.get(key)?.session === session) this.#removeIdle(key);
    this.#freeSlot();
  }

  #isUsable(session: RealtimeSession): boolean {
    return session.isUsableFor(this.#options.turnMs + EXPIRY_MARGIN_MS);
  }

  #removeIdle(key: string): IdleSession | undefined {
    const idle = this.#idle.get(key);
    idle?.cancelTimer();
    this.#idle.delete(key);
    return idle;
  }

  /** Whether a waiting turn would still have no slot after all sessions that are closing have freed theirs. */
  #isSlotMissing(): boolean {
    return this.#waiting.size > this.#closing.size;
  }

  async #acquireSlot(signal: AbortSignal): Promise<void> {
    if (this.#slotsInUse < this.#options.maxSessions) {
      this.#slotsInUse++;
      return;
    }
    signal.throwIfAborted();
    const { promise: granted, resolve: grant } = Promise.withResolvers<void>();
    this.#waiting.add(grant);
    const [oldest] = this.#idle.keys();
    if (oldest !== undefined && this.#isSlotMissing()) this.#closeIdle(oldest, 'evicted');
    try {
      await unlessAborted(signal, () => granted);
    } catch (reason) {
      // The slot may have been granted after the abort.
      if (!this.#waiting.delete(grant)) this.#freeSlot();
      throw reason;
    }
  }

  /** Gives the slot to the turn that has waited longest. */
  #freeSlot(): void {
    const [grant] = this.#waiting;
    if (grant === undefined) {
      this.#slotsInUse--;
      return;
    }
    this.#waiting.delete(grant);
    grant();
  }
}
