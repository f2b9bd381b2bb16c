import { TurnError, type TurnErrorCode } from '../errors.ts';
import { NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import type { FunctionCall } from './function-calls.ts';
import type { Outcome } from './outcome.ts';
import { ResponseParts } from './response-parts.ts';
import type { FinalResponse, ServerEvent, WireError } from './server-event.ts';
import { refusesVoice, serviceErrorOf } from './service-errors.ts';

/** What an event means for the turn. */
export type Step =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'alive' }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

export interface CollectorOptions {
  /** Sent as `response.metadata.turn`. */
  readonly turnId: string;
  /** The `event_id`s of everything sent for this turn, and the one of `session.update`, if it went with it. */
  readonly sentEventIds: ReadonlySet<string>;
  readonly settingsEventId: string | undefined;
  /** The voice that it asks for. */
  readonly voice?: string | undefined;
}

/** Three minutes, the most that a model speaks in one go, are 9 MB. */
const MAX_AUDIO_BYTES = 64 * 1024 * 1024;
const EMPTY = 'the response has neither text nor audio';
const IGNORED: Step = { kind: 'ignored' };
const ALIVE: Step = { kind: 'alive' };

/**
 * The state machine of one turn: server events in, exactly one outcome out. It does no I/O and knows no time;
 * whoever feeds it tells it by `abandon` when the events end early.
 */
export class ResponseCollector {
  readonly #options: CollectorOptions;
  #parts = new ResponseParts();
  #responseId: string | undefined;
  #isOurs = false;
  #audioBytes = 0;
  #hasDelta = false;
  #usage: TokenUsage | undefined;
  #rejectedEventId: string | undefined;
  #isVoiceRefused = false;
  #calls: readonly FunctionCall[] = [];
  #isCompleted = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  get responseId(): string | undefined {
    return this.#responseId;
  }

  /** True once the model has begun: a retry would then answer twice. */
  get hasDelta(): boolean {
    return this.#hasDelta;
  }

  /** The event of ours that the service refused, if the turn ended by that. */
  get rejectedEventId(): string | undefined {
    return this.#rejectedEventId;
  }

  /** Whether the turn ended because the service does not have the voice; nothing was said then. */
  get isVoiceRefused(): boolean {
    return this.#isVoiceRefused;
  }

  /** The output items that are known by name. */
  get itemIds(): readonly string[] {
    return this.#parts.itemIds();
  }

  /** The calls of a response that was completed: no others may run. */
  get calls(): readonly FunctionCall[] {
    return this.#isCompleted ? this.#calls : [];
  }

  /** Whether the session holds calls that never get an output. */
  get hasBrokenCalls(): boolean {
    return this.#calls.length > 0 && !this.#isCompleted;
  }

  /** By the service's own count, when it gave one. */
  get usage(): TokenUsage | undefined {
    return this.#usage;
  }

  accept(event: ServerEvent): Step {
    switch (event.kind) {
      case 'responseCreated':
        return this.#begin(event.responseId, event.turnId);
      case 'textDelta':
        if (event.at.responseId !== this.#responseId) return IGNORED;
        this.#hasDelta ||= event.text !== '';
        this.#parts.addText(event.at, event.text);
        return ALIVE;
      case 'textDone':
        if (event.at.responseId !== this.#responseId) return IGNORED;
        this.#parts.setFinalText(event.at, event.text);
        return ALIVE;
      case 'audioDelta':
        if (event.at.responseId !== this.#responseId) return IGNORED;
        this.#hasDelta ||= event.audio.byteLength > 0;
        this.#audioBytes += event.audio.byteLength;
        if (this.#audioBytes > MAX_AUDIO_BYTES) {
          const tooMuch = new TurnError('frame_too_large', `more than ${MAX_AUDIO_BYTES} bytes of audio`);
          return this.#ended(this.abandon(tooMuch));
        }
        this.#parts.addAudio(event.at, event.audio);
        return ALIVE;
      case 'preview':
      case 'responseActivity':
        return event.responseId !== undefined && event.responseId === this.#responseId ? ALIVE : IGNORED;
      case 'responseDone':
        return this.#finish(event.response);
      case 'error':
        return this.#fail(event.error, event.eventId);
      case 'malformed':
        // One that names no response may be ours: what it held is lost.
        if (event.responseId !== undefined && event.responseId !== this.#responseId) return IGNORED;
        return this.#ended(this.abandon(new TurnError('frame_malformed', `a ${event.type} event lacks its fields`)));
      case 'audioCommitted':
      case 'transcript':
      case 'session':
      case 'other':
        return IGNORED;
    }
  }

  /** The turn ends early, for this reason. What was produced is never thrown away. */
  abandon(error: TurnError): Outcome {
    const text = this.#parts.text();
    const pcm = this.#parts.pcm();
    if (text === '' && pcm.byteLength === 0) return { kind: 'failed', error };
    return { kind: 'cutShort', text, pcm, why: 'lost', error };
  }

  /** The turn ends by the user's wish. */
  cancel(): Outcome {
    return { kind: 'cutShort', text: this.#parts.text(), pcm: this.#parts.pcm(), why: 'cancelled' };
  }

  /** A response that names our turn is ours; one that names none is taken for ours until a better one comes. */
  #begin(responseId: string, turnId: string | undefined): Step {
    const isOurs = turnId === this.#options.turnId;
    const mayBeOurs = turnId === undefined && this.#responseId === undefined;
    if (responseId === this.#responseId) {
      this.#isOurs ||= isOurs;
      return ALIVE;
    }
    if (this.#isOurs || !(isOurs || mayBeOurs)) return IGNORED;
    this.#responseId = responseId;
    this.#isOurs = isOurs;
    this.#parts = new ResponseParts();
    this.#hasDelta = false;
    return ALIVE;
  }

  #finish(response: FinalResponse): Step {
    const isOurs = response.responseId === this.#responseId || response.turnId === this.#options.turnId;
    if (!isOurs) return IGNORED;
    // The service bills nothing for a response that failed before it said anything.
    const isFree = response.status === 'failed' && !this.#hasDelta;
    this.#usage = response.usage ?? (isFree ? NO_TOKENS : undefined);
    this.#calls = response.calls;
    this.#isCompleted = response.status === 'completed';
    for (const { at, text } of response.texts) this.#parts.setFinalText(at, text);
    return this.#ended(this.#outcomeOf(response));
  }

  #filtered(): Outcome {
    return { kind: 'cutShort', text: this.#parts.text(), pcm: this.#parts.pcm(), why: 'filter' };
  }

  #outcomeOf({ status, reason, error }: FinalResponse): Outcome {
    if (error !== undefined && this.#refusesVoice(error) && !this.#hasDelta) return this.#voiceRefused(error);
    const text = this.#parts.text();
    const pcm = this.#parts.pcm();
    const isFiltered = reason === 'content_filter' || error?.code === 'content_filter';
    if (isFiltered) return this.#filtered();
    switch (status) {
      case 'completed':
        if (this.#calls.length > 0) return { kind: 'needsApproval', text, pcm };
        if (pcm.byteLength > 0) return { kind: 'spoken', text, pcm };
        if (text !== '') return { kind: 'textOnly', text };
        return { kind: 'failed', error: new TurnError('empty_response', EMPTY) };
      case 'incomplete':
        if (text === '' && pcm.byteLength === 0)
          return { kind: 'failed', error: new TurnError('empty_response', EMPTY) };
        return { kind: 'cutShort', text, pcm, why: 'length' };
      case 'cancelled':
        return this.abandon(new TurnError('connection_lost', `the response was cancelled: ${reason ?? 'no reason'}`));
      default:
        return this.abandon(serviceErrorOf(error, error && fallbackFor(error)));
    }
  }

  #fail(error: WireError, eventId: string | undefined): Step {
    if (!this.#isOfTurn(error, eventId)) return IGNORED;
    if (error.code === 'content_filter') return this.#ended(this.#filtered());
    const failure = serviceErrorOf(error, fallbackFor(error));
    this.#rejectedEventId = eventId;
    // A response that ends before it said anything is not billed.
    if (!this.#hasDelta) this.#usage = NO_TOKENS;
    if (this.#refusesVoice(error, eventId)) return this.#ended(this.#voiceRefused(error));
    if (eventId === undefined || eventId !== this.#options.settingsEventId) return this.#ended(this.abandon(failure));
    const isRefusal = failure.code === 'request_rejected';
    return this.#ended({ kind: 'failed', error: isRefusal ? settingsRejected(failure) : failure });
  }

  /**
   * By the field that the service names, whatever it calls the error. Where it names none, by the words of a refusal, but
   * for one of another event than the settings: that quotes what people write.
   */
  #refusesVoice(error: WireError, eventId?: string): boolean {
    const { voice, settingsEventId } = this.#options;
    if (voice === undefined || !refusesVoice(error, voice)) return false;
    if (error.param !== undefined) return true;
    const isOther = eventId !== undefined && eventId !== settingsEventId;
    return !isOther && serviceErrorOf(error, fallbackFor(error)).code === 'request_rejected';
  }

  /** Whatever was said under settings that were refused was said with the service's defaults: it is not delivered. */
  #voiceRefused(error: WireError): Outcome {
    this.#isVoiceRefused = !this.#hasDelta;
    return { kind: 'failed', error: settingsRejected(serviceErrorOf(error)) };
  }

  /**
   * An error is the turn's if it names one of our events, or none: no `response.done` follows it. Nothing is sent while a
   * response runs, so a refused request that has no name is not about an answer that is already being given.
   */
  #isOfTurn(error: WireError, eventId: string | undefined): boolean {
    if (error.code === 'session_expired') return true;
    if (eventId !== undefined) return this.#options.sentEventIds.has(eventId);
    return !this.#hasDelta || !isRequestRefusal(serviceErrorOf(error, fallbackFor(error)).code);
  }

  #ended(outcome: Outcome): Step {
    return { kind: 'ended', outcome };
  }
}

/** An error that names a field is about what was sent. */
function fallbackFor({ type, code, param }: WireError): TurnErrorCode {
  const isRefusal = param !== undefined || [type, code].some((name) => name.includes('invalid'));
  return isRefusal ? 'request_rejected' : 'server_error';
}

function settingsRejected({ message }: TurnError): TurnError {
  return new TurnError('settings_rejected', message);
}

function isRequestRefusal(code: TurnErrorCode): boolean {
  return code === 'request_rejected' || code === 'response_conflict';
}
