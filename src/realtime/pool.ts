import type { Clock } from '../clock.ts';
import type { RealtimeSession } from './session.ts';

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
}

interface IdleSession {
  readonly session: RealtimeSession;
  readonly forgetTimer: () => void;
}

/** A session is replaced this long before a turn could meet its end. */
const EXPIRY_MARGIN_MS = 60_000;

/**
 * The warm sessions, at most one for each conversation.
 * Invariant: a session is either idle here or lent to one turn, and `#lent` counts those lent or being opened.
 */
export class SessionPool {
  readonly #options: PoolOptions;
  /** In the order of their last use, the oldest first. */
  readonly #idle = new Map<string, IdleSession>();
  readonly #lent = new Map<string, RealtimeSession | undefined>();
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get openCount(): number {
    return this.#idle.size + this.#lent.size;
  }

  /** Lends the conversation's warm session, or a new one. It has to be given back, whatever the turn came to. */
  async take(key: string, signal: AbortSignal): Promise<RealtimeSession> {
    const warm = this.#removeIdle(key);
    if (warm?.isUsableFor(this.#options.turnMs + EXPIRY_MARGIN_MS)) {
      this.#lent.set(key, warm);
      return warm;
    }
    warm?.close();
    await this.#makeRoom(signal);
    this.#lent.set(key, undefined);
    try {
      const session = await this.#options.open(signal);
      this.#lent.set(key, session);
      if (this.#isClosed) session.close();
      return session;
    } catch (error) {
      this.#release(key);
      throw error;
    }
  }

  giveBack(key: string, session: RealtimeSession): void {
    const isUsable = !this.#isClosed && session.isUsableFor(this.#options.turnMs + EXPIRY_MARGIN_MS);
    if (isUsable) {
      const forgetTimer = this.#options.clock.after(this.#options.idleMs, () => this.drop(key));
      this.#idle.set(key, { session, forgetTimer });
    } else {
      session.close();
    }
    this.#release(key);
  }

  /** Closes the conversation's idle session, if it has one. */
  drop(key: string): void {
    this.#removeIdle(key)?.close();
    this.#wakeOne();
  }

  /** Closes every session, lent ones too. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const key of [...this.#idle.keys()]) this.drop(key);
    for (const session of this.#lent.values()) session?.close();
  }

  #removeIdle(key: string): RealtimeSession | undefined {
    const idle = this.#idle.get(key);
    idle?.forgetTimer();
    this.#idle.delete(key);
    return idle?.session;
  }

  async #makeRoom(signal: AbortSignal): Promise<void> {
    while (this.openCount >= this.#options.maxSessions) {
      const [oldest] = this.#idle.keys();
      if (oldest !== undefined) this.drop(oldest);
      else await this.#nextRelease(signal);
    }
  }

  #nextRelease(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(wake);
        reject(signal.reason);
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(wake);
    });
  }

  #release(key: string): void {
    this.#lent.delete(key);
    this.#wakeOne();
  }

  #wakeOne(): void {
    const [wake] = this.#waiting;
    if (wake === undefined) return;
    this.#waiting.delete(wake);
    wake();
  }
}
