import type { Clock } from '../clock.ts';
import { unlessAborted } from '../deadline.ts';
import { TurnError } from '../errors.ts';
import type { RealtimeSession } from './session.ts';

/**
 * Why a session has ended: nobody used it; its room was needed; its time was nearly over; what it remembers is not known
 * or no longer wanted; it was lost (closed by the other side, or dead); the process ends.
 */
export type CloseReason = 'idle' | 'room' | 'expiring' | 'spent' | 'forgotten' | 'lost' | 'shutdown';

/** How many sessions, for how long, and where new ones come from. */
export interface PoolOptions {
  /** Opens a new session; rejects with a TurnError. */
  readonly open: (signal: AbortSignal) => Promise<RealtimeSession>;
  readonly clock: Clock;
  /** A session that ran no turn for so long is closed. */
  readonly idleMs: number;
  /** Bound of all open sockets. At it the least recently used idle session closes, else the turn waits. */
  readonly maxSessions: number;
  /** What a turn may take: a session that would expire within it is replaced before. */
  readonly turnMs: number;
  /** Told once of each session that ends. */
  readonly onClosed?: (reason: CloseReason) => void;
}

interface IdleSession {
  readonly session: RealtimeSession;
  /** The last turn that the session heard; `undefined`: not known to its user. */
  readonly lastTurn: string | undefined;
  readonly cancelTimer: () => void;
}

interface LentSession {
  readonly key: string;
  /** What its conversation said is to be forgotten: it is closed as soon as it is released. */
  isDropped: boolean;
}

/** A session is replaced this long before a turn could meet its end. */
const EXPIRY_MARGIN_MS = 60_000;

/**
 * The warm sessions, at most one idle for each conversation: one whose turns run side by side has a session for each of
 * them, and keeps the one that is released last.
 * Invariants: every session holds one slot from before it is opened until its socket is closed; who waits, waits in
 * order, and only while no slot is free. A slot that is needed is made by closing the session that was idle the longest.
 */
export class SessionPool {
  readonly #options: PoolOptions;
  /** In the order of their last use, the oldest first. */
  readonly #idle = new Map<string, IdleSession>();
  readonly #lent = new Map<RealtimeSession, LentSession>();
  /** Told to close, and not closed yet: each of them will free a slot. */
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

  /**
   * Lends the conversation's warm session, or a new one. A warm session whose last turn is not `lastTurn` is closed: it
   * has not heard what was said since, or has heard what is to be forgotten. Has to be released, whatever the turn came to.
   */
  async acquire(key: string, lastTurn: string | undefined, signal: AbortSignal): Promise<RealtimeSession> {
    if (this.#isClosed) throw new TurnError('shutting_down', 'the sessions are closed');
    const idle = this.#removeIdle(key);
    if (idle !== undefined && idle.lastTurn === lastTurn && this.#isUsable(idle.session)) {
      this.#lent.set(idle.session, { key, isDropped: false });
      return idle.session;
    }
    if (idle !== undefined) this.#retire(idle.session, idle.lastTurn === lastTurn ? 'expiring' : 'forgotten');
    await this.#takeSlot(signal);
    return this.#open(key, signal);
  }

  /** `lastTurn`: the last turn that the session heard. */
  release(key: string, session: RealtimeSession, lastTurn: string | undefined): void {
    const isDropped = this.#lent.get(session)?.isDropped ?? false;
    this.#lent.delete(session);
    const isAwaited = this.#waiting.size > this.#closing.size;
    if (this.#isClosed || isAwaited || isDropped || !this.#isUsable(session)) {
      this.#retire(session, this.#whyNotKept(session, isAwaited, isDropped));
      return;
    }
    // Of two turns side by side neither session has heard both: the marks tell them apart.
    this.#dropIdle(key, 'forgotten');
    const cancelTimer = this.#options.clock.after(this.#options.idleMs, () => this.#dropIdle(key, 'idle'));
    this.#idle.set(key, { session, lastTurn, cancelTimer });
  }

  #whyNotKept(session: RealtimeSession, isAwaited: boolean, isDropped: boolean): CloseReason {
    if (this.#isClosed) return 'shutdown';
    if (session.wasGivenUp) return 'spent';
    if (isDropped) return 'forgotten';
    return isAwaited ? 'room' : 'expiring';
  }

  /** Whether `acquire` would lend a warm session now. */
  isWarm(key: string, lastTurn: string | undefined): boolean {
    const idle = this.#idle.get(key);
    return idle !== undefined && idle.lastTurn === lastTurn && this.#isUsable(idle.session);
  }

  /** Closes the conversation's session, if it has one: an idle one now, a lent one when it is released. */
  drop(key: string): void {
    this.#dropIdle(key, 'forgotten');
    for (const lent of this.#lent.values()) if (lent.key === key) lent.isDropped = true;
  }

  /** Closes every session, lent ones too. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const key of [...this.#idle.keys()]) this.#dropIdle(key, 'shutdown');
    for (const session of this.#lent.keys()) this.#retire(session, 'shutdown');
  }

  async #open(key: string, signal: AbortSignal): Promise<RealtimeSession> {
    try {
      const session = await this.#options.open(signal);
      this.#lent.set(session, { key, isDropped: false });
      session.onceClosed(() => this.#forgetClosed(key, session));
      if (this.#isClosed) this.#retire(session, 'shutdown');
      return session;
    } catch (error) {
      this.#freeSlot();
      throw error;
    }
  }

  #dropIdle(key: string, reason: CloseReason): void {
    const idle = this.#removeIdle(key);
    if (idle !== undefined) this.#retire(idle.session, reason);
  }

  /** Its slot is free when its socket is: until then the service counts it, too. */
  #retire(session: RealtimeSession, reason: CloseReason): void {
    if (!session.isClosed && !this.#closing.has(session)) {
      this.#closing.add(session);
      this.#options.onClosed?.(reason);
    }
    session.close();
  }

  /** A socket that died while nobody used it holds no slot any longer. */
  #forgetClosed(key: string, session: RealtimeSession): void {
    if (!this.#closing.delete(session)) this.#options.onClosed?.(session.wasGivenUp ? 'spent' : 'lost');
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

  /** A free slot; where there is none, the session that was idle the longest makes room. */
  async #takeSlot(signal: AbortSignal): Promise<void> {
    if (this.#slotsInUse < this.#options.maxSessions) {
      this.#slotsInUse++;
      return;
    }
    const slot = this.#nextSlot(signal);
    const [oldest] = this.#idle.keys();
    if (oldest !== undefined && this.#waiting.size > this.#closing.size) this.#dropIdle(oldest, 'room');
    await slot;
  }

  async #nextSlot(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise: granted, resolve: grant } = Promise.withResolvers<void>();
    this.#waiting.add(grant);
    try {
      await unlessAborted(signal, () => granted);
    } finally {
      this.#waiting.delete(grant);
    }
  }

  /** The slot goes to whoever waits the longest. */
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
