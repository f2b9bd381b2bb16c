import { withDeadline } from '../deadline.ts';
import { StoreError } from '../errors.ts';
import type { Services } from './services.ts';
import type { UserMessage } from './user-message.ts';

/** Names an activity, or its conversation if there is none. */
export interface ActivityName {
  readonly key: string;
  readonly activityId?: string;
}

/** An activity of one person. */
export type PersonActivity = Pick<UserMessage, 'key' | 'activityId' | 'personKey'>;

/**
 * What became of an activity. `done` resolves when the reply has been sent; for a message that a queued turn answers,
 * it is resolved already. It does not reject.
 */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly done: Promise<void> }
  | { readonly kind: 'duplicate' }
  | NotAccepted;

/**
 * The activity may be delivered again: the process ends, the store cannot be reached, or too much waits in the queue or
 * runs beside it.
 */
export interface NotAccepted {
  readonly kind: 'draining' | 'notStored' | 'busy';
}

/** The fields of log lines about an activity. */
export function logNamesOf({ key, activityId }: ActivityName) {
  return { conversation: key, activity: activityId };
}

/** Channels wait 10 s and more for an answer, and then deliver again. */
const ACCEPT_LIMIT_MS = 5_000;

/** Accepts activities until it is closed: each within 5 s, or not at all. */
export class AcceptanceGuard {
  readonly #services: Pick<Services, 'clock' | 'telemetry' | 'log'>;
  readonly #accepting = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(services: Pick<Services, 'clock' | 'telemetry' | 'log'>) {
    this.#services = services;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Calls `accept` at once and settles as it does, except that a StoreError or a wait of more than 5 s resolves with
   * `notStored`. After 5 s the signal of `accept` is aborted: a decision then adds no turn. Anything else goes on,
   * and gets its reply once it is stored. Counts and logs duplicates; logs other errors that come after the 5 s.
   */
  async run<T extends Acceptance>(
    activity: ActivityName,
    accept: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | NotAccepted> {
    if (this.#isClosed) return { kind: 'draining' };
    const { clock, telemetry, log } = this.#services;
    const names = logNamesOf(activity);
    const late = () => new StoreError('store_unavailable', `no answer within ${ACCEPT_LIMIT_MS} ms`);
    try {
      const deadline = { clock, limitMs: ACCEPT_LIMIT_MS, late };
      const acceptance = await withDeadline(deadline, (signal) => {
        const accepting = this.#track(accept(signal));
        accepting.catch((err: unknown) => {
          // Nobody waits for it any more. A StoreError says no more than the refusal did.
          if (signal.aborted && !(err instanceof StoreError))
            log.error({ ...names, err }, 'activity failed after its rejection');
        });
        return accepting;
      });
      if (acceptance.kind === 'duplicate') {
        telemetry.count('duplicates');
        log.info(names, 'activity ignored: delivered again');
      }
      return acceptance;
    } catch (err) {
      if (!(err instanceof StoreError)) throw err;
      log.warn({ ...names, err }, 'activity rejected: not stored');
      return { kind: 'notStored' };
    }
  }

  /** Refuses all later activities. Resolves when `accept` has settled for all earlier ones, also after their 5 s. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#accepting);
  }

  #track<T>(accepting: Promise<T>): Promise<T> {
    const tracked = accepting.finally(() => this.#accepting.delete(tracked));
    this.#accepting.add(tracked);
    return tracked;
  }
}
