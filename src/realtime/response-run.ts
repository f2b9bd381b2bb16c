import type { Clock } from '../clock.ts';
import { TurnError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { TurnEvents } from './client-events.ts';
import type { Outcome } from './outcome.ts';
import { ResponseCollector } from './response-collector.ts';
import type { ServerEvent } from './server-event.ts';

const FIRST_EVENT_TIMEOUT_MS = 15_000;
const SILENCE_TIMEOUT_MS = 20_000;
/** How long a response that was cancelled is waited for: its end says what it has cost. */
const CANCEL_TIMEOUT_MS = 2_000;

/** Told each event of the turn as it comes, and of the session meanwhile. What it throws is logged, and ends nothing. */
export type TurnListener = (event: ServerEvent) => void;

/** What a run is made with. */
export interface ResponseRunOptions {
  /** Goes out with `response.create`, and comes back with the response. */
  readonly turnId: string;
  readonly events: TurnEvents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onEvent: TurnListener | undefined;
}

/** What is of no consequence for the response, and of interest to whoever listens. */
const TOLD: ReadonlySet<ServerEvent['kind']> = new Set(['session', 'error', 'audioCommitted', 'transcript']);

/** One response that is waited for, from `response.create` to its one outcome, within the deadlines between events. */
export class ResponseRun {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  readonly collector: ResponseCollector;
  readonly #options: ResponseRunOptions;
  readonly #end: (outcome: Outcome) => void;
  #forgetDeadline: () => void = () => {};
  /** What was there when the user wanted no more. */
  #cancelled: Outcome | undefined;

  /** Begins to wait for the first event. */
  constructor(options: ResponseRunOptions) {
    const { turnId, events } = options;
    this.#options = options;
    this.collector = new ResponseCollector({
      turnId,
      sentEventIds: new Set(events.all.map((event) => event.event_id ?? '')),
      settingsEventId: events.settings?.event_id,
      voice: events.voice,
    });
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.outcome = promise;
    this.#end = resolve;
    this.#watch(FIRST_EVENT_TIMEOUT_MS, 'first_event_timeout');
  }

  accept(event: ServerEvent): void {
    const step = this.collector.accept(event);
    if (this.#cancelled !== undefined) {
      if (step.kind === 'ended') this.#end(this.#cancelled);
      return;
    }
    if (step.kind !== 'ignored' || TOLD.has(event.kind)) this.#tell(event);
    if (step.kind === 'alive') this.#watch(SILENCE_TIMEOUT_MS, 'silence_timeout');
    if (step.kind === 'ended') this.#end(step.outcome);
  }

  /** Ends it early; what was said until now is its outcome. */
  abandon(error: TurnError): void {
    this.#end(this.#cancelled ?? this.collector.abandon(error));
  }

  /** Ends it by the user's wish, which is no fault: what was said until now is its outcome. */
  cancel(): void {
    const outcome = this.collector.cancel();
    this.#cancelled ??= outcome;
    this.#forgetDeadline();
    if (this.collector.responseId === undefined) this.#end(outcome);
    else this.#forgetDeadline = this.#options.clock.after(CANCEL_TIMEOUT_MS, () => this.#end(outcome));
  }

  /** Leaves no timer behind. Safe to call twice. */
  stop(): void {
    this.#forgetDeadline();
  }

  #watch(delayMs: number, code: 'first_event_timeout' | 'silence_timeout'): void {
    this.#forgetDeadline();
    this.#forgetDeadline = this.#options.clock.after(delayMs, () => {
      this.abandon(new TurnError(code, `nothing came for ${delayMs} ms`));
    });
  }

  #tell(event: ServerEvent): void {
    const { onEvent, log } = this.#options;
    try {
      onEvent?.(event);
    } catch (err) {
      log.error({ err, event: event.kind }, 'who listens to the turn failed');
    }
  }
}
