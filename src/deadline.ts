import type { Clock } from './clock.ts';

export interface Deadline {
  readonly clock: Clock;
  readonly limitMs: number;
  /** Ends the work early, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Creates the timeout error for work that takes longer. */
  readonly late: () => Error;
}

/**
 * Settles like `work`, whose signal is aborted at the deadline with the error of `late`, or with the reason of `signal`
 * once that is aborted. Does not enforce the deadline: waits for work that ignores its signal.
 */
export async function withTimeoutSignal<T>(
  { clock, limitMs, signal, late }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController();
  const cancelTimer = clock.after(limitMs, () => timeout.abort(late()));
  try {
    return await work(signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]));
  } finally {
    cancelTimer();
  }
}

/**
 * Enforces the deadline: rejects then and on abort, even if `work` ignores its signal. Otherwise like
 * `withTimeoutSignal`.
 */
export function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return withTimeoutSignal(deadline, (signal) => unlessAborted(signal, () => work(signal)));
}

/** Settles like `work`; rejects with the signal's reason on abort even if `work` ignores the signal. */
export async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([aborted, work()]);
  } finally {
    // A listener on a signal keeps its closure alive for as long as the signal's source lives.
    signal.removeEventListener('abort', onAbort);
  }
}
