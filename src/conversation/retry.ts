import { type Clock, sleep } from '../clock.ts';
import { StoreError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** How long a store is waited for, and who is told. */
export interface Patience {
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the waiting, with its reason. */
  readonly signal: AbortSignal;
  /** Called once, when it lasts. */
  readonly onLasting?: (() => void) | undefined;
}

/** A connection that has died unnoticed fails once. */
const FIRST_WAIT_MS = 50;
const MOST_WAIT_MS = 5_000;
/** From then on a user wonders. */
const LASTING_MS = 10_000;

/** Does what stores can be asked again, until it is done. Rejects at once with what will not pass by itself. */
export async function untilStored<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  const { clock, log, signal } = patience;
  const begunMs = clock.now();
  let tell = patience.onLasting;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, MOST_WAIT_MS)) {
    try {
      return await work();
    } catch (err) {
      if (!(err instanceof StoreError) || err.retry !== 'safe') throw err;
      if (waitMs === FIRST_WAIT_MS) log.warn({ err }, 'the store does not answer, it is asked again');
    }
    if (clock.now() - begunMs >= LASTING_MS) {
      tell?.();
      tell = undefined;
    }
    await sleep(clock, waitMs, signal);
  }
}
