import { type Clock, sleep } from '../clock.ts';
import { unlessAborted, withTimeoutSignal } from '../deadline.ts';
import { TurnError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { OpenConnection } from './connection.ts';
import { serviceErrorOf } from './service-errors.ts';

/** Short enough that an operator who has just started the bot still looks at the log. */
const LIMIT_MS = 14_000;
/** The model may start at the same time as the bot, as in the demo. */
const RETRY_FOR_MS = 5_000;
const RETRY_AFTER_MS = 1_000;

/**
 * Opens a connection to the model, waits for its first event, and closes it: no response is created, so it costs
 * nothing. Retries for 5 s where that is safe. Rejects with a TurnError that says why the model cannot be reached.
 */
export async function tryConnection(open: OpenConnection, clock: Clock, signal: AbortSignal): Promise<void> {
  const late = () => new TurnError('handshake_timeout', `no connection within ${LIMIT_MS} ms`);
  const retryUntilMs = clock.now() + RETRY_FOR_MS;
  return withTimeoutSignal({ clock, limitMs: LIMIT_MS, signal, late }, async (limited) => {
    for (;;) {
      try {
        return await connectOnce(open, limited);
      } catch (error) {
        const isSafe = error instanceof TurnError && error.retry === 'safe';
        if (limited.aborted || !isSafe || clock.now() >= retryUntilMs) throw error;
      }
      await sleep(clock, RETRY_AFTER_MS, limited);
    }
  });
}

async function connectOnce(open: OpenConnection, signal: AbortSignal): Promise<void> {
  const { promise: greeted, resolve, reject } = Promise.withResolvers<void>();
  greeted.catch(() => {});
  const onEvent: Parameters<OpenConnection>[0]['onEvent'] = (event) =>
    event.kind === 'error' ? reject(serviceErrorOf(event.error, 'handshake_refused')) : resolve();
  const connection = await open({ onEvent, onClosed: reject }, signal);
  await unlessAborted(signal, () => greeted).finally(() => connection.close());
}

/** Logs an error if the model cannot be reached. `doctorCommand`: the command that finds out why. Never rejects. */
export async function checkModel(
  { openConnection, clock, log }: { openConnection: OpenConnection; clock: Clock; log: Logger },
  doctorCommand: string,
  closing: AbortSignal,
): Promise<void> {
  try {
    await tryConnection(openConnection, clock, closing);
    log.debug('model reached');
  } catch (err) {
    if (closing.aborted) return;
    log.error({ err, fix: `run ${doctorCommand}` }, 'model unreachable: users get an error until it recovers');
  }
}
