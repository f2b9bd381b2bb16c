import type { Clock } from '../clock.ts';
import { TurnError } from '../errors.ts';
import type { RequestEvents } from './client-events.ts';
import type { ResponseOutcome } from './outcome.ts';
import { ResponseCollector } from './response-collector.ts';
import type { ServerEvent } from './server-event.ts';
import { isOfSession } from './turn-input.ts';

const FIRST_EVENT_TIMEOUT_MS = 15_000;
const SILENCE_TIMEOUT_MS = 20_000;
/** How long to wait for the end of a cancelled response, which reports its usage. */
const CANCEL_TIMEOUT_MS = 2_000;

export interface ResponseRunOptions {
  readonly responseName: string;
  readonly events: RequestEvents;
  readonly clock: Clock;
  readonly onEvent: (event: ServerEvent) => void;
}

/** Waits for one response, from `response.create` to its outcome, within the deadlines between events. */
export class ResponseRun {
  /** Never rejects. */
  readonly outcome: Promise<ResponseOutcome>;
  readonly collector: ResponseCollector;
  readonly #options: ResponseRunOptions;
  readonly #resolve: (outcome: ResponseOutcome) => void;
  /**
   * True once the response has ended without calls. Its outcome may withhold text (content filter), so later events are
   * not passed on.
   */
  #isAnswerOver = false;
  #cancelDeadline: () => void = () => {};
  /** The outcome with the content that had arrived when the user cancelled. */
  #cancelled: ResponseOutcome | undefined;

  /** Starts the deadline for the first event. */
  constructor(options: ResponseRunOptions) {
    this.#options = options;
    this.collector = new ResponseCollector(options.responseName, options.events);
    const { promise, resolve } = Promise.withResolvers<ResponseOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#setDeadline(FIRST_EVENT_TIMEOUT_MS, 'first_event_timeout');
  }

  accept(event: ServerEvent): void {
    const meaning = this.collector.accept(event);
    const outcome = typeof meaning === 'string' ? undefined : meaning;
    if (this.#cancelled === undefined && !this.#isAnswerOver) {
      if (meaning !== 'ignored' || isOfSession(event)) this.#options.onEvent(event);
      if (meaning === 'alive') this.#setDeadline(SILENCE_TIMEOUT_MS, 'silence_timeout');
    }
    if (outcome !== undefined) this.#finish(this.#cancelled ?? outcome);
  }

  /** Ends the response early and keeps the content that has arrived. */
  end(reason: unknown): void {
    this.#finish(this.#cancelled ?? this.collector.endedBy(reason));
  }

  /** Ends the response for `reason`, keeps the content that has arrived, and waits a little for the usage. */
  cancel(reason: TurnError): void {
    const outcome = this.collector.endedBy(reason);
    this.#cancelled = outcome;
    this.#cancelDeadline();
    if (this.collector.responseId === undefined) this.#finish(outcome);
    else this.#cancelDeadline = this.#options.clock.after(CANCEL_TIMEOUT_MS, () => this.#finish(outcome));
  }

  /** Cancels the timer. Safe to call twice. */
  stop(): void {
    this.#cancelDeadline();
  }

  #finish(outcome: ResponseOutcome): void {
    this.#isAnswerOver ||= outcome.kind !== 'calledTools';
    this.#resolve(outcome);
  }

  #setDeadline(delayMs: number, code: 'first_event_timeout' | 'silence_timeout'): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.#options.clock.after(delayMs, () => {
      this.end(new TurnError(code, `nothing came for ${delayMs} ms`));
    });
  }
}
