import type { Clock } from '../clock.ts';
import { TurnError } from '../errors.ts';
import type { OpenConnection } from './connection.ts';
import { serviceErrorOf } from './service-errors.ts';

/** An operator who has just started the bot still looks at the log. */
const LIMIT_MS = 14_000;

/**
 * Opens a connection to the model, waits for its first event, and closes it: no response is asked for, so it costs
 * nothing. Rejects with a TurnError that says why the model cannot be reached.
 */
export async function tryConnection(open: OpenConnection, clock: Clock, signal: AbortSignal): Promise<void> {
  const limit = new AbortController();
  const late = () => new TurnError('handshake_timeout', `no connection within ${LIMIT_MS} ms`);
  const cancelTimer = clock.after(LIMIT_MS, () => limit.abort(late()));
  const ended = AbortSignal.any([signal, limit.signal]);
  const { promise: greeted, resolve, reject } = Promise.withResolvers<void>();
  ended.addEventListener('abort', () => reject(ended.reason), { once: true });
  greeted.catch(() => {});
  try {
    const connection = await open(
      {
        onEvent: (event) =>
          event.kind === 'error' ? reject(serviceErrorOf(event.error, 'handshake_refused')) : resolve(),
        onClosed: reject,
      },
      ended,
    );
    await greeted.finally(() => connection.close());
  } finally {
    cancelTimer();
  }
}
