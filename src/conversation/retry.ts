import { type Clock, sleep } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { StoreError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** How a store is called again. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the pauses between the calls, with its reason. A call that runs is awaited. */
  readonly signal?: AbortSignal;
  /**
   * Waits at most this long, then rejects with a StoreError, even if the store does not answer at all. Default: no
   * limit.
   */
  readonly limitMs?: number;
  /** Called once, after 10 s without an answer. */
  readonly onDelayed?: () => void;
}

/** A connection that has died unnoticed fails once. */
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 5_000;
/** A user who waits longer wonders whether the bot is still there. */
const DELAYED_AFTER_MS = 10_000;

/** Calls a store until it answers. Rejects at once with errors that do not pass by themselves. */
export async function retry<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, onDelayed } = options;
  // A timer, since a call may also hang.
  const cancelTimer = onDelayed && clock.after(DELAYED_AFTER_MS, onDelayed);
  try {
    return await callUntilAnswered(call, options);
  } finally {
    cancelTimer?.();
  }
}

async function callUntilAnswered<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, log, signal, limitMs = Number.POSITIVE_INFINITY } = options;
  const late = () => new StoreError('store_unavailable', `no answer within ${limitMs} ms`);
  const endMs = clock.now() + limitMs;
  const leftMs = () => endMs - clock.now();
  for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)) {
    try {
      return await (limitMs === Number.POSITIVE_INFINITY
        ? call()
        : withDeadline({ clock, limitMs: leftMs(), late }, call));
    } catch (err) {
      if (!(err instanceof StoreError) || err.retry !== 'safe' || backoffMs >= leftMs()) throw err;
      if (backoffMs === FIRST_BACKOFF_MS) log.warn({ err }, 'store call failed: retried');
    }
    await sleep(clock, backoffMs, signal);
  }
}
