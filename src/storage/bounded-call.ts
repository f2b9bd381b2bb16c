import type { Clock } from '../clock.ts';
import { unlessAborted } from '../deadline.ts';
import { StoreError } from '../errors.ts';
import { storeFailure } from './store-failure.ts';

/** From so many bytes on a body is given more time. */
const LARGE_BYTES = 256 * 1024;
const LARGE_LIMIT_MS = 10_000;

/** The bounds of one call. */
export interface CallOptions {
  readonly clock: Clock;
  /** From its beginning to its end. */
  readonly limitMs: number;
  /** What is being done, for the log; without anything secret. */
  readonly doing: string;
  /** Of what is sent. */
  readonly bodyBytes?: number;
}

/** A call under way. */
export interface Call {
  /** Aborted when its time is over. */
  readonly signal: AbortSignal;
  /** Says how large the body is that comes back: a large one may take longer. */
  expect(bodyBytes: number): void;
}

/** Makes a call to the storage. Rejects with a StoreError alone, and never later than its time is over. */
export async function boundedCall<T>(options: CallOptions, run: (call: Call) => Promise<T>): Promise<T> {
  const { clock, limitMs, doing, bodyBytes = 0 } = options;
  const abort = new AbortController();
  const startedAtMs = clock.now();
  const endAfter = (ms: number) =>
    clock.after(Math.max(0, startedAtMs + ms - clock.now()), () => {
      abort.abort(new StoreError('store_unavailable', `${doing} failed: no answer within ${ms} ms`));
    });
  const isLarge = (bytes: number) => bytes > LARGE_BYTES;
  let forget = endAfter(isLarge(bodyBytes) ? Math.max(limitMs, LARGE_LIMIT_MS) : limitMs);
  const call: Call = {
    signal: abort.signal,
    expect(bytes) {
      if (!isLarge(bytes)) return;
      forget();
      forget = endAfter(Math.max(limitMs, LARGE_LIMIT_MS));
    },
  };
  try {
    // The library ignores the signal while it waits for a token.
    return await unlessAborted(abort.signal, () => run(call));
  } catch (error) {
    throw storeFailure(doing, error);
  } finally {
    forget();
  }
}
