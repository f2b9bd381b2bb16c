import type { Clock } from '../clock.ts';
import type { TurnError } from '../errors.ts';
import type { OpenConnection } from '../realtime/connection.ts';
import type { ServerEvent, WireError } from '../realtime/server-event.ts';
import { RealtimeSession, type SessionDeps } from '../realtime/session.ts';

/** An event of the service, and when it came. */
export interface Heard {
  readonly event: ServerEvent;
  readonly atMs: number;
}

/** A session of the bot, and all that the service says in it. */
export class WatchedSession {
  readonly session: RealtimeSession;
  readonly startedAtMs: number;
  readonly connectedAtMs: number;
  readonly #ears: Ears;

  private constructor(session: RealtimeSession, ears: Ears, startedAtMs: number, connectedAtMs: number) {
    this.session = session;
    this.#ears = ears;
    this.startedAtMs = startedAtMs;
    this.connectedAtMs = connectedAtMs;
  }

  /** Connects as the bot does. Rejects with a TurnError, also when `signal` is aborted. */
  static async open(deps: SessionDeps, signal: AbortSignal): Promise<WatchedSession> {
    const ears = new Ears(deps.clock);
    const startedAtMs = deps.clock.now();
    const session = await RealtimeSession.open({ ...deps, open: ears.listenOn(deps.open) }, signal);
    return new WatchedSession(session, ears, startedAtMs, deps.clock.now());
  }

  /** The first that fits; `undefined` as long as none has come. */
  heard(fits: (event: ServerEvent) => boolean): Heard | undefined {
    return this.#ears.heard.find(({ event }) => fits(event));
  }

  /** Resolves with the first that fits, past ones included; rejects with a TurnError when the socket closes before. */
  whenHeard(fits: (event: ServerEvent) => boolean): Promise<Heard> {
    return this.#ears.when(fits);
  }

  /** What the service complained of last. */
  get complaint(): WireError | undefined {
    const last = this.#ears.heard.findLast(({ event }) => event.kind === 'error' || isFailedResponse(event))?.event;
    if (last?.kind === 'error') return last.error;
    return last?.kind === 'responseDone' ? last.response.error : undefined;
  }
}

function isFailedResponse(event: ServerEvent): boolean {
  return event.kind === 'responseDone' && event.response.error !== undefined;
}

interface Waiter {
  readonly fits: (event: ServerEvent) => boolean;
  readonly resolve: (heard: Heard) => void;
  readonly reject: (error: TurnError) => void;
}

/** Stands between a connection and its listener. Once it is closed, nobody waits any more. */
class Ears {
  readonly heard: Heard[] = [];
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #closedFor: TurnError | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listenOn(open: OpenConnection): OpenConnection {
    return (listener, signal) =>
      open(
        {
          onEvent: (event) => {
            this.#hear({ event, atMs: this.#clock.now() });
            listener.onEvent(event);
          },
          onClosed: (reason) => {
            this.#close(reason);
            listener.onClosed(reason);
          },
        },
        signal,
      );
  }

  when(fits: Waiter['fits']): Promise<Heard> {
    const known = this.heard.find(({ event }) => fits(event));
    if (known !== undefined) return Promise.resolve(known);
    if (this.#closedFor !== undefined) return Promise.reject(this.#closedFor);
    return new Promise((resolve, reject) => this.#waiters.add({ fits, resolve, reject }));
  }

  #hear(heard: Heard): void {
    this.heard.push(heard);
    for (const waiter of this.#waiters) {
      if (!waiter.fits(heard.event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(heard);
    }
  }

  #close(reason: TurnError): void {
    this.#closedFor = reason;
    for (const waiter of this.#waiters) waiter.reject(reason);
    this.#waiters.clear();
  }
}
