import type { Clock } from '../clock.ts';
import type { SessionSettings } from '../config/config.ts';
import { withTimeoutSignal } from '../deadline.ts';
import { TurnError } from '../errors.ts';
import type { Ids } from '../ids.ts';
import type { Logger } from '../log.ts';
import { addUsage } from '../token-usage.ts';
import {
  outputEvents,
  outputItems,
  repairEvents,
  responseCancel,
  type TurnEvents,
  turnEvents,
  type UserMessageInput,
} from './client-events.ts';
import type { Connection, OpenConnection } from './connection.ts';
import { isTranscribed } from './content.ts';
import {
  type FunctionCall,
  type FunctionDefinition,
  laterResponse,
  MAX_RESPONSES,
  type TurnFunctions,
} from './function-calls.ts';
import { interruptedResult, joinedResults, withoutCalls } from './joined-results.ts';
import { keepsMemory, type ModelResult, missingAudioBytes, resultOf } from './model-result.ts';
import type { Outcome } from './outcome.ts';
import type { ResponseCollector } from './response-collector.ts';
import { ResponseRun, type TurnListener } from './response-run.ts';
import type { ServerEvent } from './server-event.ts';
import { TranscriptionTracker } from './transcription-tracker.ts';

/** How much longer a turn may take when its answer came in text alone and is asked for once more. */
const REPAIR_TIMEOUT_MS = 10_000;
/** Where the service names no end, a session is taken to last this long (30 and 60 minutes have been seen). */
const ASSUMED_LIFETIME_MS = 25 * 60_000;

const NO_FUNCTIONS: readonly FunctionDefinition[] = [];

/** What a session is opened with. */
export interface SessionDeps {
  readonly open: OpenConnection;
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/** One user message for the model. */
export interface TurnInput extends UserMessageInput {
  /** Names the turn in its lines; else the session's own log is used. */
  readonly log?: Logger;
  /** Instead of the session's own; goes out with its first turn. */
  readonly settings?: SessionSettings;
  /** Whether one more response may be asked for, where this one is of no use. */
  readonly mayAskAgain?: () => Promise<boolean>;
  readonly onEvent?: TurnListener;
  readonly functions?: TurnFunctions | undefined;
}

/** One response that has ended. */
interface Answered {
  readonly result: ModelResult;
  /** The items that the model's memory has of it. */
  readonly itemIds: readonly string[];
  readonly calls: readonly FunctionCall[];
}

/**
 * One Realtime session of one conversation: it is opened, runs turns one after another, and is closed.
 * A session in which a turn failed is not usable any more: what it remembers is not known.
 */
export class RealtimeSession {
  readonly #deps: SessionDeps;
  #settings: SessionSettings;
  #connection: Connection | undefined;
  #expiresAtMs: number;
  #id: string | undefined;
  #isUnusable = false;
  #wasGivenUp = false;
  #isConfigured = false;
  /** What it was told last that the model may call. */
  #functions = NO_FUNCTIONS;
  /** Whether it was told what was said before, and did not say it itself. */
  #isReplayed = false;
  #isClosed = false;
  #isPreviewNoted = false;
  #onceClosed: (() => void)[] = [];
  #run: ResponseRun | undefined;
  #hearing: TranscriptionTracker | undefined;
  #log: Logger;

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

  /** The service's name of this session, once it has greeted. */
  get id(): string | undefined {
    return this.#id;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether this side has ended it. */
  get wasGivenUp(): boolean {
    return this.#wasGivenUp;
  }

  /** Calls `run` once the socket is closed, by whichever side; at once if it is. */
  onceClosed(run: () => void): void {
    if (this.#isClosed) run();
    else this.#onceClosed.push(run);
  }

  /** Whether a turn that may take `turnMs` can still be run here: open, sound, and not about to expire. */
  isUsableFor(turnMs: number): boolean {
    const isInTime = this.#deps.clock.now() + turnMs < this.#expiresAtMs;
    return !this.#isUnusable && isInTime && this.#connection?.isOpen === true;
  }

  /** Runs one turn. Never rejects: every end is an outcome. `signal` ends it early, with its reason. */
  async runTurn(input: TurnInput, signal: AbortSignal): Promise<ModelResult> {
    const { ids, clock } = this.#deps;
    this.#log = input.log ?? this.#deps.log;
    if (!this.#isConfigured) this.#settings = input.settings ?? this.#deps.settings;
    const clips = this.#settings.transcriptionModel === undefined ? 0 : soundsIn(input);
    const functions = this.#newFunctions(input.functions?.definitions ?? NO_FUNCTIONS);
    const events = turnEvents(ids, input, this.#isConfigured ? undefined : this.#settings, clips > 0, functions);
    const hearing = clips > 0 ? new TranscriptionTracker(clock, clips) : undefined;
    this.#hearing = hearing;
    this.#isReplayed ||= events.history !== undefined;
    const first = await this.#runResponse(input.turnId, events, input.onEvent, signal);
    const answered = await this.#answerCalls(first, input, signal);
    // What a new session was told makes models drift from speech to text.
    const isInText = answered.result.outcome.kind === 'textOnly' && this.#settings.modality === 'audio';
    const hasDrifted = isInText && this.#isReplayed && answered.itemIds.length > 0;
    const mayRepair = hasDrifted && ((await input.mayAskAgain?.()) ?? true);
    const result = mayRepair ? await this.#speakInstead(answered, input, signal) : answered.result;
    return hearing === undefined ? result : this.#withHeard(result, hearing, signal);
  }

  /** The list that the session has to be told of; `undefined` where it has it. */
  #newFunctions(definitions: readonly FunctionDefinition[]): readonly FunctionDefinition[] | undefined {
    if (definitions === this.#functions) return undefined;
    this.#functions = definitions;
    return definitions;
  }

  /** Runs what the model calls and asks it to go on, until it has answered, or waits for its user. */
  async #answerCalls(first: Answered, input: TurnInput, signal: AbortSignal): Promise<Answered> {
    const { ids } = this.#deps;
    let answered = first;
    for (let responses = 2; answered.calls.length > 0; responses++) {
      // It was told to call nothing more: what it calls all the same is never answered.
      if (input.functions === undefined || responses > MAX_RESPONSES) {
        this.close();
        return { ...answered, result: withoutCalls(answered.result) };
      }
      try {
        const outputs = await input.functions.run(answered.calls, signal);
        if (outputs.isWaiting) {
          this.#connection?.send(outputItems(ids, outputs));
          return answered;
        }
        const turnId = laterResponse(input.turnId, responses);
        const events = outputEvents(ids, turnId, outputs, responses === MAX_RESPONSES);
        const next = await this.#runResponse(turnId, events, input.onEvent, signal);
        answered = { ...next, result: joinedResults(answered.result, next.result) };
      } catch (reason) {
        // The session holds calls without outputs: it is of no more use.
        this.close();
        return { ...answered, calls: [], result: interruptedResult(answered.result, reason) };
      }
    }
    return answered;
  }

  /** What was understood may be told after the answer. Where the socket is gone nothing more comes. */
  async #withHeard(result: ModelResult, hearing: TranscriptionTracker, signal: AbortSignal): Promise<ModelResult> {
    const isOver = this.#isClosed || result.outcome.kind === 'failed';
    if (!isOver) await hearing.wait(signal);
    this.#hearing = undefined;
    return { ...result, heard: hearing.text() };
  }

  /** Takes the text back from the model's memory and asks once more, for speech. If that fails, the text it is. */
  async #speakInstead(answered: Answered, { onEvent }: TurnInput, signal: AbortSignal): Promise<ModelResult> {
    const { ids, clock } = this.#deps;
    const turnId = ids.wire('turn');
    const events = repairEvents(ids, turnId, answered.itemIds);
    const late = () => new TurnError('turn_timeout', `no speech within ${REPAIR_TIMEOUT_MS} ms more`);
    const deadline = { clock, limitMs: REPAIR_TIMEOUT_MS, signal, late };
    const { result } = await withTimeoutSignal(deadline, (limited) =>
      this.#runResponse(turnId, events, onEvent, limited),
    );
    this.#log.warn({ outcome: result.outcome.kind }, 'the answer came as text, asked for speech');
    const usage = addUsage(answered.result.usage, result.usage);
    const isUsageUnknown = answered.result.isUsageUnknown || result.isUsageUnknown;
    if (result.outcome.kind === 'spoken') return { ...result, usage, isUsageUnknown };
    // The text that is delivered has left the model's memory.
    this.close();
    return { ...answered.result, usage, isUsageUnknown };
  }

  async #runResponse(
    turnId: string,
    events: TurnEvents,
    onEvent: TurnListener | undefined,
    signal: AbortSignal,
  ): Promise<Answered> {
    const run = new ResponseRun({ turnId, events, clock: this.#deps.clock, log: this.#log, onEvent });
    const onAbort = () => this.#giveUp(run, abortError(signal));
    this.#run = run;
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const wasSent = this.#send(events);
      if (signal.aborted) onAbort();
      const outcome = await run.outcome;
      this.#settle(outcome, run.collector);
      return {
        result: resultOf(outcome, events, run.collector, wasSent),
        itemIds: run.collector.itemIds,
        calls: run.collector.calls,
      };
    } finally {
      signal.removeEventListener('abort', onAbort);
      run.stop();
      this.#run = undefined;
    }
  }

  /** Closes the socket; a running turn ends as lost. Safe to call twice. */
  close(): void {
    this.#isUnusable = true;
    this.#wasGivenUp = true;
    this.#connection?.close();
  }

  #giveUp(run: ResponseRun, error: TurnError): void {
    if (error.code === 'cancelled') {
      this.#connection?.send([responseCancel(this.#deps.ids)]);
      run.cancel();
    } else run.abandon(error);
  }

  /** False when the socket was closed already. */
  #send(events: TurnEvents): boolean {
    if (this.#connection?.isOpen !== true) {
      this.#run?.abandon(new TurnError('connection_lost', 'the socket was closed before the turn began'));
      return false;
    }
    this.#isConfigured = true;
    this.#connection.send(events.all);
    return true;
  }

  #onEvent(event: ServerEvent): void {
    if (event.kind === 'session') this.#noteSession(event);
    if (event.kind === 'error') this.#noteError(event);
    if (event.kind === 'preview') this.#notePreview(event.type);
    this.#hearing?.accept(event);
    this.#run?.accept(event);
  }

  #noteSession({ sessionId, expiresAtMs }: Extract<ServerEvent, { kind: 'session' }>): void {
    this.#id = sessionId ?? this.#id;
    this.#expiresAtMs = expiresAtMs ?? this.#expiresAtMs;
  }

  #onClosed(reason: TurnError): void {
    this.#isUnusable = true;
    this.#isClosed = true;
    this.#deps.log.debug({ session: this.#id, code: reason.code }, 'session closed');
    this.#run?.abandon(reason);
    for (const run of this.#onceClosed.splice(0)) run();
  }

  /** Logs once for each session: every delta is such an event. */
  #notePreview(event: string): void {
    if (this.#isPreviewNoted) return;
    this.#isPreviewNoted = true;
    this.#log.warn(
      { event, session: this.#id },
      'event of the preview protocol received: the address or model is not GA',
    );
  }

  #noteError({ error, eventId }: Extract<ServerEvent, { kind: 'error' }>): void {
    // Between turns an error without a name is about the session itself: the next turn gets a new one.
    const isOfSession = eventId === undefined && this.#run === undefined;
    if (error.code === 'session_expired' || isOfSession) this.#isUnusable = true;
    // The service quotes what it was sent in its messages, people's words among it.
    this.#log.warn({ code: error.code, type: error.type, eventId }, 'error event');
  }

  /** After an end that leaves the model's memory in doubt the session is closed, so that the next one replays. */
  #settle(outcome: Outcome, collector: ResponseCollector): void {
    if (!keepsMemory(outcome) || collector.hasBrokenCalls) this.close();
    const missingBytes = missingAudioBytes(outcome, collector);
    if (missingBytes > 0) this.#log.warn({ missingBytes }, 'audio is shorter than the usage says');
  }
}

function soundsIn({ attached = [] }: TurnInput): number {
  return attached.filter(isTranscribed).length;
}

function abortError(signal: AbortSignal): TurnError {
  if (signal.reason instanceof TurnError) return signal.reason;
  return new TurnError('internal', 'the turn was given up', { cause: signal.reason });
}
