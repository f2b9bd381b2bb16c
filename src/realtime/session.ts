import { BYTES_PER_SECOND } from '../audio/pcm.ts';
import type { Clock } from '../clock.ts';
import type { SessionSettings } from '../config.ts';
import { TurnError } from '../errors.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';
import { historyItem, responseCreate, sessionUpdate, userItem } from './client-events.ts';
import type { Connection, OpenConnection, RealtimeClientEvent } from './connection.ts';
import type { Outcome } from './outcome.ts';
import { ResponseCollector } from './response-collector.ts';
import type { ServerEvent } from './server-event.ts';

const FIRST_EVENT_TIMEOUT_MS = 15_000;
const SILENCE_TIMEOUT_MS = 20_000;
/** Where the service names no end, a session is taken to last this long (30 and 60 minutes have been seen). */
const ASSUMED_LIFETIME_MS = 25 * 60_000;

/** What a session is opened with. */
export interface SessionDeps {
  readonly open: OpenConnection;
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/** One user message for the model. */
export interface TurnInput {
  readonly turnId: string;
  readonly text: string;
  /** Names the turn in its lines; else the session's own log is used. */
  readonly log?: Logger;
  /** What was said before; goes out only where the session has not heard it. See history.ts. */
  readonly history: string | undefined;
  /** Told each event of the turn as it comes, and of the session meanwhile. What it throws is logged, and ends nothing. */
  readonly onEvent?: (event: ServerEvent) => void;
}

/** What a turn came to. `isRetryable`: nothing had arrived, so asking once more cannot answer twice. */
export interface TurnResult {
  readonly outcome: Outcome;
  /** Whether it was the history that the service did not take. */
  readonly isHistoryRejected: boolean;
  /** The service's name of the response, once it had begun. */
  readonly responseId: string | undefined;
  readonly isRetryable: boolean;
}

/** What goes out for a turn, in order, and which of it is what. */
interface TurnEvents {
  readonly all: readonly RealtimeClientEvent[];
  readonly settings: RealtimeClientEvent | undefined;
  readonly history: RealtimeClientEvent | undefined;
}

interface RunningTurn {
  readonly collector: ResponseCollector;
  readonly onEvent: TurnInput['onEvent'];
  readonly end: (outcome: Outcome) => void;
  watch: () => void;
}

/**
 * One Realtime session of one conversation: it is opened, runs turns one after another, and is closed.
 * A session in which a turn failed is not usable any more: what it remembers is not known.
 */
export class RealtimeSession {
  readonly #deps: SessionDeps;
  #connection: Connection | undefined;
  #expiresAtMs: number;
  #id: string | undefined;
  #isSpent = false;
  #isConfigured = false;
  #turn: RunningTurn | undefined;
  #log: Logger;

  private constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#log = deps.log;
    this.#expiresAtMs = deps.clock.now() + ASSUMED_LIFETIME_MS;
  }

  /** Connects. Rejects with a TurnError, also when `signal` is aborted. */
  static async open(deps: SessionDeps, signal: AbortSignal): Promise<RealtimeSession> {
    const session = new RealtimeSession(deps);
    session.#connection = await deps.open(
      { onEvent: (event) => session.#onEvent(event), onClosed: (reason) => session.#onClosed(reason) },
      signal,
    );
    return session;
  }

  /** The service's name of this session, once it has greeted. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Whether a turn that may take `turnMs` can still be run here: open, sound, and not about to expire. */
  isUsableFor(turnMs: number): boolean {
    const isInTime = this.#deps.clock.now() + turnMs < this.#expiresAtMs;
    return !this.#isSpent && isInTime && this.#connection?.isOpen === true;
  }

  /** Runs one turn. Never rejects: every end is an outcome. `signal` ends it early, with its reason. */
  async runTurn(input: TurnInput, signal: AbortSignal): Promise<TurnResult> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#log = input.log ?? this.#deps.log;
    const events = this.#eventsFor(input);
    const collector = new ResponseCollector({
      turnId: input.turnId,
      sentEventIds: new Set(events.all.map((event) => event.event_id ?? '')),
      settingsEventId: events.settings?.event_id,
    });
    const onAbort = () => this.#endEarly(abortError(signal));
    this.#turn = { collector, onEvent: input.onEvent, end: resolve, watch: () => {} };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#send(events.all);
      if (signal.aborted) onAbort();
      const outcome = await promise;
      this.#settle(outcome, collector);
      const isRetryable = outcome.kind === 'failed' && outcome.error.retry === 'safe' && !collector.hasDelta;
      const isHistoryRejected = events.history !== undefined && collector.rejectedEventId === events.history.event_id;
      return { outcome, isHistoryRejected, responseId: collector.responseId, isRetryable };
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#turn?.watch();
      this.#turn = undefined;
    }
  }

  /** Closes the socket; a running turn ends as lost. Safe to call twice. */
  close(): void {
    this.#isSpent = true;
    this.#connection?.close();
  }

  /** All of a turn goes out in one go: nothing in it waits for an answer to what went before. */
  #eventsFor({ turnId, text, history }: TurnInput): TurnEvents {
    const { ids, settings } = this.#deps;
    const turn = [userItem(ids, text), responseCreate(ids, turnId)];
    if (this.#isConfigured) return { all: turn, settings: undefined, history: undefined };
    const update = sessionUpdate(ids, settings);
    const replay = history === undefined ? undefined : historyItem(ids, history);
    return { all: [update, ...(replay === undefined ? [] : [replay]), ...turn], settings: update, history: replay };
  }

  #send(events: readonly RealtimeClientEvent[]): void {
    if (this.#connection?.isOpen !== true) {
      this.#endEarly(new TurnError('connection_lost', 'the socket was closed before the turn began'));
      return;
    }
    this.#isConfigured = true;
    this.#watch(FIRST_EVENT_TIMEOUT_MS, 'first_event_timeout');
    for (const event of events) this.#connection.send(event);
  }

  #onEvent(event: ServerEvent): void {
    if (event.kind === 'session') this.#noteSession(event);
    if (event.kind === 'error') this.#noteError(event);
    const turn = this.#turn;
    const step = turn?.collector.accept(event);
    if (step?.kind !== 'ignored' || event.kind === 'session' || event.kind === 'error') this.#tell(turn, event);
    if (step?.kind === 'alive') this.#watch(SILENCE_TIMEOUT_MS, 'silence_timeout');
    if (step?.kind === 'ended') turn?.end(step.outcome);
  }

  #noteSession({ sessionId, expiresAtMs }: Extract<ServerEvent, { kind: 'session' }>): void {
    this.#id = sessionId ?? this.#id;
    this.#expiresAtMs = expiresAtMs ?? this.#expiresAtMs;
  }

  #tell(turn: RunningTurn | undefined, event: ServerEvent): void {
    try {
      turn?.onEvent?.(event);
    } catch (err) {
      this.#log.error({ err, event: event.kind }, 'who listens to the turn failed');
    }
  }

  #onClosed(reason: TurnError): void {
    this.#isSpent = true;
    this.#endEarly(reason);
  }

  #endEarly(error: TurnError): void {
    this.#turn?.end(this.#turn.collector.abandon(error));
  }

  #watch(delayMs: number, code: 'first_event_timeout' | 'silence_timeout'): void {
    if (this.#turn === undefined) return;
    this.#turn.watch();
    this.#turn.watch = this.#deps.clock.after(delayMs, () => {
      this.#endEarly(new TurnError(code, `nothing came for ${delayMs} ms`));
    });
  }

  #noteError({ error, eventId }: Extract<ServerEvent, { kind: 'error' }>): void {
    if (error.code === 'session_expired') this.#isSpent = true;
    // The service quotes what it was sent in its messages, people's words among it.
    this.#log.warn({ code: error.code, type: error.type, eventId }, 'error event');
    this.#log.debug({ message: error.message }, 'error event');
  }

  /** After an end that leaves the model's memory in doubt the session is closed, so that the next one replays. */
  #settle(outcome: Outcome, collector: ResponseCollector): void {
    if (!keepsMemory(outcome)) this.close();
    if (outcome.kind !== 'spoken' || collector.audioTokens === undefined) return;
    const expectedBytes = (collector.audioTokens * BYTES_PER_SECOND) / 20;
    if (outcome.pcm.byteLength < expectedBytes * 0.9) {
      this.#log.warn({ bytes: outcome.pcm.byteLength, expectedBytes }, 'audio is shorter than the usage says');
    }
  }
}

function keepsMemory(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
      return true;
    case 'cutShort':
      return outcome.why === 'length';
    case 'failed':
      return false;
  }
}

function abortError(signal: AbortSignal): TurnError {
  if (signal.reason instanceof TurnError) return signal.reason;
  return new TurnError('internal', 'the turn was given up', { cause: signal.reason });
}
