import type { Clock } from '../clock.ts';
import type { SessionSettings } from '../config/config.ts';
import { withTimeoutSignal } from '../deadline.ts';
import { TurnError } from '../errors.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';
import { answerCalls } from './answer-calls.ts';
import { type RequestEvents, responseCancel, speechEvents, turnEvents } from './client-events.ts';
import type { Connection, OpenConnection } from './connection.ts';
import { isTranscribed } from './content.ts';
import type { FunctionDefinition } from './function-calls.ts';
import { type ModelResult, missingAudioBytes, type ResponseResult, withUsageOf } from './model-result.ts';
import { ResponseRun } from './response-run.ts';
import type { ServerEvent } from './server-event.ts';
import { TranscriptionTracker } from './transcription-tracker.ts';
import { isOfSession, safeListener, type TurnInput } from './turn-input.ts';

/** The extra time for the speech, after an answer came as text. */
const SPEECH_TIMEOUT_MS = 10_000;
/** The lifetime if the service names none; 30 and 60 minutes have been observed. */
const ASSUMED_LIFETIME_MS = 25 * 60_000;

export interface SessionDeps {
  readonly open: OpenConnection;
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

const NO_FUNCTIONS: readonly FunctionDefinition[] = [];
const NO_LISTENER: (event: ServerEvent) => void = () => {};

/** The response had ended before it was cancelled. */
const NOTHING_TO_CANCEL = 'response_cancel_not_active';

/**
 * One Realtime session of one conversation: opens, runs turns one after another, closes. A failed turn makes it
 * unusable, because the model's memory is then unknown.
 */
export class RealtimeSession {
  readonly #deps: SessionDeps;
  #settings: SessionSettings;
  #log: Logger;
  #connection: Connection | undefined;
  #expiresAtMs: number;
  #id: string | undefined;
  #isUnusable = false;
  #isClosedByUs = false;
  #isConfigured = false;
  /** The list of functions that the session got last. */
  #functions = NO_FUNCTIONS;
  /** Whether the session started from a replayed history. */
  #isReplayed = false;
  #isClosed = false;
  #hasLoggedPreview = false;
  #onceClosed: (() => void)[] = [];
  #run: ResponseRun | undefined;
  /** Of the turn that is being answered. */
  #listener = NO_LISTENER;
  /** Of the latest turn. */
  #transcription: TranscriptionTracker | undefined;

  private constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#settings = deps.settings;
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

  /** The service's id of this session, once `session.created` has come. */
  get id(): string | undefined {
    return this.#id;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the model's memory is unknown: a turn or the service failed, or the socket is closed. */
  get isUnusable(): boolean {
    return this.#isUnusable;
  }

  /** Whether this side closed the session. */
  get isClosedByUs(): boolean {
    return this.#isClosedByUs;
  }

  /** Calls `callback` once the socket is closed, by either side. */
  onceClosed(callback: () => void): void {
    if (this.#isClosed) callback();
    else this.#onceClosed.push(callback);
  }

  /** Whether a turn of up to `turnMs` can run: the session is open, usable, and does not expire within that time. */
  isUsableFor(turnMs: number): boolean {
    const isInTime = this.#deps.clock.now() + turnMs < this.#expiresAtMs;
    return !this.#isUnusable && isInTime && this.#connection?.isOpen === true;
  }

  /** Runs one turn. Never rejects. `signal` ends it early, with its reason. */
  async runTurn(input: TurnInput, signal: AbortSignal): Promise<ModelResult> {
    const { ids, clock, settings, log } = this.#deps;
    this.#log = input.log ?? log;
    if (!this.#isConfigured) this.#settings = input.settings ?? settings;
    const functions = this.#functionsToSend(input.functions?.definitions ?? NO_FUNCTIONS);
    const events = turnEvents(ids, input, this.#settings, { isFirst: !this.#isConfigured, functions });
    const clips = this.#settings.transcriptionModel === undefined ? [] : (input.parts ?? []).filter(isTranscribed);
    const transcription = new TranscriptionTracker(clips.length);
    this.#transcription = transcription;
    this.#isReplayed ||= events.historyEventId !== undefined;
    this.#listener = safeListener(input, transcription, this.#log);
    const result = await this.#answer(events, input, signal);
    // What was not shown yet must not be shown any more: the outcome may withhold it.
    this.#listener = NO_LISTENER;
    // A transcript may come after the answer, unless the socket is gone.
    if (!this.#isClosed && result.outcome.kind !== 'failed') await transcription.wait(clock, signal);
    return { ...result, transcript: transcription.text() };
  }

  async #answer(events: RequestEvents, input: TurnInput, signal: AbortSignal): Promise<ModelResult> {
    const session = {
      runResponse: (name: string, next: RequestEvents) => this.#runSpoken(name, next, input, signal),
      send: (items: RequestEvents['all']) => this.#connection?.send(items),
      close: () => this.close(),
    };
    const first = await session.runResponse(input.turnId, events);
    return answerCalls(first, input, session, this.#deps.ids, signal);
  }

  /** Returns the list if the session does not know it yet, and takes it as sent. */
  #functionsToSend(definitions: readonly FunctionDefinition[]): readonly FunctionDefinition[] | undefined {
    if (definitions === this.#functions) return undefined;
    this.#functions = definitions;
    return definitions;
  }

  /** Runs a response, and requests speech if its answer came as text. */
  async #runSpoken(
    name: string,
    events: RequestEvents,
    input: TurnInput,
    signal: AbortSignal,
  ): Promise<ResponseResult> {
    const result = await this.#runResponse(name, events, signal);
    return (await this.#mayRequestSpeech(name, result, input)) ? this.#requestSpeech(result, signal) : result;
  }

  /**
   * Resolves with whether speech is to be requested, and reserves it if so. Only a replayed history or a call makes the
   * model answer in text by mistake.
   */
  async #mayRequestSpeech(name: string, { outcome, itemIds }: ResponseResult, input: TurnInput): Promise<boolean> {
    const isInText = outcome.kind === 'textOnly' && this.#settings.modality === 'audio';
    const isAfterCalls = name !== input.turnId || input.decided !== undefined;
    const isMistake = this.#isReplayed || isAfterCalls;
    return isInText && isMistake && itemIds.length > 0 && ((await input.reserveRetry?.()) ?? true);
  }

  /** Deletes the text from the model's memory and requests speech. If that fails, the text is the answer. */
  async #requestSpeech(inText: ResponseResult, signal: AbortSignal): Promise<ResponseResult> {
    const { ids, clock } = this.#deps;
    // `LiveText` shows only responses with a name of this turn. This one has a foreign name, so that its text is not
    // shown: if the speech fails, the first text is the answer.
    const name = ids.wire('turn');
    const events = speechEvents(ids, name, inText.itemIds);
    const late = () => new TurnError('turn_timeout', `no speech within ${SPEECH_TIMEOUT_MS} ms more`);
    const deadline = { clock, limitMs: SPEECH_TIMEOUT_MS, signal, late };
    const spoken = await withTimeoutSignal(deadline, (limited) => this.#runResponse(name, events, limited));
    this.#log.warn({ outcome: spoken.outcome.kind }, 'answer came as text: speech requested');
    if (spoken.outcome.kind === 'spoken') return withUsageOf(spoken, inText);
    // The delivered text has been deleted from the model's memory.
    this.close();
    return withUsageOf(inText, spoken);
  }

  async #runResponse(responseName: string, events: RequestEvents, signal: AbortSignal): Promise<ResponseResult> {
    const run = new ResponseRun({ responseName, events, clock: this.#deps.clock, onEvent: this.#listener });
    const onAbort = () => this.#endRun(run, signal.reason);
    this.#run = run;
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const wasSent = this.#send(run, events, signal);
      const result = run.collector.result(await run.outcome, wasSent);
      // Close the session, so that the next one replays the history.
      if (!result.isMemoryExact) this.close();
      const missingBytes = missingAudioBytes(result);
      if (missingBytes > 0) this.#log.warn({ missingBytes }, 'audio received shorter than its usage');
      return result;
    } finally {
      signal.removeEventListener('abort', onAbort);
      run.stop();
      this.#run = undefined;
    }
  }

  /** Closes the socket. A running turn ends as lost. Safe to call twice. */
  close(): void {
    this.#isUnusable = true;
    this.#isClosedByUs = true;
    this.#connection?.close();
  }

  #endRun(run: ResponseRun, reason: unknown): void {
    if (reason instanceof TurnError && reason.code === 'cancelled') {
      this.#connection?.send([responseCancel(this.#deps.ids)]);
      run.cancel(reason);
    } else run.end(reason);
  }

  /** Returns false if nothing was sent: the turn had been ended, or the socket was closed. */
  #send(run: ResponseRun, events: RequestEvents, signal: AbortSignal): boolean {
    if (signal.aborted) {
      run.end(signal.reason);
      return false;
    }
    if (this.#connection?.isOpen !== true) {
      run.end(new TurnError('connection_lost', 'the socket was closed before the turn began'));
      return false;
    }
    this.#isConfigured = true;
    this.#connection.send(events.all);
    return true;
  }

  #onEvent(event: ServerEvent): void {
    if (event.kind === 'session') {
      this.#id = event.sessionId ?? this.#id;
      this.#expiresAtMs = event.expiresAtMs ?? this.#expiresAtMs;
    }
    if (event.kind === 'error') this.#onError(event);
    if (event.kind === 'preview' && !this.#hasLoggedPreview) {
      // Every delta is such an event.
      this.#hasLoggedPreview = true;
      const fields = { event: event.type, session: this.#id };
      this.#log.warn(fields, 'event of the preview protocol received: the address or model is not GA');
    }
    this.#transcription?.accept(event);
    if (this.#run !== undefined) this.#run.accept(event);
    else if (isOfSession(event)) this.#listener(event);
  }

  #onError({ error, eventId }: Extract<ServerEvent, { kind: 'error' }>): void {
    // While no response runs (between turns, or while tools run), the service may have refused an item, such as the
    // output of a call that waits for its approval: the next turn gets a new session.
    const isMemoryUnknown = this.#run === undefined && error.code !== NOTHING_TO_CANCEL;
    if (error.code === 'session_expired' || isMemoryUnknown) this.#isUnusable = true;
    // The message may quote user input, so it is not logged.
    this.#log.warn({ code: error.code, type: error.type, eventId }, 'service error received');
  }

  #onClosed(reason: TurnError): void {
    this.#isUnusable = true;
    this.#isClosed = true;
    this.#deps.log.debug({ session: this.#id, code: reason.code }, 'session closed');
    this.#run?.end(reason);
    for (const callback of this.#onceClosed.splice(0)) callback();
  }
}
