import type { Clock } from '../clock.ts';
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
  readonly forgetTimer: () => void;
}

/** A session is replaced this long before a turn could meet its end. */
const EXPIRY_MARGIN_MS = 60_000;

/**
 * The warm sessions, at most one for each conversation.
 * Invariants: every session holds one slot from before it is opened until its socket is closed; who waits, waits in
 * order, and only while no slot is free. A slot that is needed is made by closing the session that was idle the longest.
 */
export class SessionPool {
  readonly #options: PoolOptions;
  /** In the order of their last use, the oldest first. */
  readonly #idle = new Map<string, IdleSession>();
  readonly #lent = new Set<RealtimeSession>();
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

  /** Lends the conversation's warm session, or a new one. It has to be given back, whatever the turn came to. */
  async take(key: string, signal: AbortSignal): Promise<RealtimeSession> {
    if (this.#isClosed) throw new TurnError('shutting_down', 'the sessions are closed');
    const warm = this.#removeIdle(key);
    if (warm !== undefined && this.#isUsable(warm)) {
      this.#lent.add(warm);
      return warm;
    }
    if (warm !== undefined) this.#retire(warm, 'expiring');
    await this.#takeSlot(signal);
    return this.#open(key, signal);
  }

  giveBack(key: string, session: RealtimeSession): void {
    this.#lent.delete(session);
    const isAwaited = this.#waiting.size > this.#closing.size;
    if (this.#isClosed || isAwaited || !this.#isUsable(session)) {
      this.#retire(session, this.#whyNotKept(session, isAwaited));
      return;
    }
    const forgetTimer = this.#options.clock.after(this.#options.idleMs, () => this.#dropIdle(key, 'idle'));
    this.#idle.set(key, { session, forgetTimer });
  }

  #whyNotKept(session: RealtimeSession, isAwaited: boolean): CloseReason {
    if (this.#isClosed) return 'shutdown';
    if (session.wasGivenUp) return 'spent';
    return isAwaited ? 'room' : 'expiring';
  }

  /** Whether the conversation has a session that remembers what was said, and could be lent now. */
  isWarm(key: string): boolean {
    const idle = this.#idle.get(key);
    return idle !== undefined && this.#isUsable(idle.session);
  }

  /** Closes the conversation's idle session, if it has one. */
  drop(key: string): void {
    this.#dropIdle(key, 'forgotten');
  }

  /** Closes every session, lent ones too. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const key of [...this.#idle.keys()]) this.#dropIdle(key, 'shutdown');
    for (const session of this.#lent) this.#retire(session, 'shutdown');
  }

  async #open(key: string, signal: AbortSignal): Promise<RealtimeSession> {
    try {
      const session = await this.#options.open(signal);
      this.#lent.add(session);
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
    if (idle !== undefined) this.#retire(idle, reason);
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

  #removeIdle(key: string): RealtimeSession | undefined {
    const idle = this.#idle.get(key);
    idle?.forgetTimer();
    this.#idle.delete(key);
    return idle?.session;
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

  #nextSlot(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const grant = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(grant);
        reject(signal.reason);
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(grant);
    });
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
