import { TurnError, type TurnErrorCode } from '../errors.ts';
import { NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import type { RequestEvents } from './client-events.ts';
import { contextAfter, type ResponseResult } from './model-result.ts';
import { type CutShortReason, completed, endedBy, isMemoryExact, type ResponseOutcome, type Said } from './outcome.ts';
import { type RejectedSettings, rejectedBy } from './rejected-settings.ts';
import { ResponseParts } from './response-parts.ts';
import type { FinalResponse, PartAddress, ServerEvent, WireError } from './server-event.ts';
import { serviceErrorOf } from './service-errors.ts';

/** What an event means for the response: nothing, a sign of life, or its outcome. */
export type EventMeaning = 'ignored' | 'alive' | ResponseOutcome;

/** Three minutes, the longest that a model speaks at once, are 9 MB. */
const MAX_AUDIO_BYTES = 64 * 1024 * 1024;

/**
 * The state machine of one response: server events in, exactly one outcome out. It does no I/O and has no timers: at a
 * deadline or when the connection closes, the outcome is `endedBy`.
 */
export class ResponseCollector {
  readonly #responseName: string;
  readonly #events: RequestEvents;
  #parts = new ResponseParts();
  #responseId: string | undefined;
  /** Whether the response has our name, so that it certainly is ours. */
  #isCertain = false;
  #audioBytes = 0;
  /** Whether the model has begun to answer, so that a retry would answer twice. */
  #hasDelta = false;
  #usage: TokenUsage | undefined;
  #rejectedEventId: string | undefined;
  #rejectedSettings: RejectedSettings = {};
  /** Whether the response has calls but was not completed: they must not run, so they get no output. */
  #hasBrokenCalls = false;

  /** `responseName`: sent as `response.metadata.turn`, with `events`. */
  constructor(responseName: string, events: RequestEvents) {
    this.#responseName = responseName;
    this.#events = events;
  }

  get responseId(): string | undefined {
    return this.#responseId;
  }

  /** `wasSent`: whether the response was requested. */
  result(outcome: ResponseOutcome, wasSent: boolean): ResponseResult {
    const { historyEventId, decidedEventId } = this.#events;
    return {
      outcome,
      itemIds: this.#parts.itemIds(),
      isMemoryExact: isMemoryExact(outcome) && !this.#hasBrokenCalls,
      wasReplayed: historyEventId !== undefined,
      isHistoryRejected: historyEventId !== undefined && this.#rejectedEventId === historyEventId,
      isDecidedCallRejected: decidedEventId !== undefined && this.#rejectedEventId === decidedEventId,
      rejectedVoice: this.#rejectedSettings.voice,
      rejectedFunctions: this.#rejectedSettings.functions,
      responseId: this.#responseId,
      usage: this.#usage ?? NO_TOKENS,
      isUsageUnknown: wasSent && this.#usage === undefined,
      contextTokens: this.#usage && contextAfter(this.#usage),
      isRetryable: outcome.kind === 'failed' && outcome.error.retry === 'safe' && !this.#hasDelta,
    };
  }

  accept(event: ServerEvent): EventMeaning {
    switch (event.kind) {
      case 'responseCreated':
        return this.#begin(event.responseId, event.responseName);
      case 'textDelta':
      case 'textDone':
      case 'audioDelta':
        return event.at.responseId === this.#responseId ? this.#add(event) : 'ignored';
      case 'preview':
      case 'other':
        return event.responseId !== undefined && event.responseId === this.#responseId ? 'alive' : 'ignored';
      case 'responseDone':
        return this.#finish(event.response);
      case 'error':
        return this.#fail(event.error, event.eventId);
      case 'malformed':
        // A malformed event without a response id may be ours, and its content is lost.
        if (event.responseId !== undefined && event.responseId !== this.#responseId) return 'ignored';
        return this.endedBy(new TurnError('frame_malformed', `a ${event.type} event lacks its fields`));
      case 'audioCommitted':
      case 'transcript':
      case 'session':
        return 'ignored';
    }
  }

  /** Returns the outcome of a response that `reason` ends now: it keeps the content that has arrived. */
  endedBy(reason: unknown): ResponseOutcome {
    return endedBy(reason, this.#said());
  }

  /** A response with our name is ours. One without a name counts as ours until one with our name comes. */
  #begin(responseId: string, name: string | undefined): EventMeaning {
    const hasOurName = name === this.#responseName;
    if (responseId === this.#responseId) {
      this.#isCertain ||= hasOurName;
      return 'alive';
    }
    if (this.#isCertain) return 'ignored';
    const mayBeOurs = name === undefined && this.#responseId === undefined;
    if (!hasOurName && !mayBeOurs) return 'ignored';
    this.#responseId = responseId;
    this.#isCertain = hasOurName;
    this.#parts = new ResponseParts();
    this.#hasDelta = false;
    return 'alive';
  }

  #add(event: Extract<ServerEvent, { readonly at: PartAddress }>): EventMeaning {
    switch (event.kind) {
      case 'textDelta':
        this.#hasDelta ||= event.text !== '';
        this.#parts.addText(event.at, event.text);
        return 'alive';
      case 'textDone':
        this.#parts.setFinalText(event.at, event.text);
        return 'alive';
      case 'audioDelta':
        this.#hasDelta ||= event.audio.byteLength > 0;
        this.#audioBytes += event.audio.byteLength;
        if (this.#audioBytes > MAX_AUDIO_BYTES) {
          return this.endedBy(new TurnError('frame_too_large', `more than ${MAX_AUDIO_BYTES} bytes of audio`));
        }
        this.#parts.addAudio(event.at, event.audio);
        return 'alive';
    }
  }

  #finish(response: FinalResponse): EventMeaning {
    if (response.responseId !== this.#responseId && response.responseName !== this.#responseName) return 'ignored';
    // The service bills nothing for a response that failed before its first delta.
    const isFree = response.status === 'failed' && !this.#hasDelta;
    this.#usage = response.usage ?? (isFree ? NO_TOKENS : undefined);
    this.#hasBrokenCalls = response.calls.length > 0 && response.status !== 'completed';
    for (const { at, text } of response.texts) this.#parts.setFinalText(at, text);
    return this.#outcomeOf(response);
  }

  #outcomeOf({ status, reason, error, calls }: FinalResponse): ResponseOutcome {
    if (error !== undefined && !this.#hasDelta) {
      const rejected = rejectedBy(error, undefined, this.#events);
      if (rejected !== undefined) return this.#settingsRejected(error, rejected);
    }
    if (reason === 'content_filter' || error?.code === 'content_filter') return this.#cutShort('filter');
    if (status === 'cancelled') {
      return this.endedBy(new TurnError('connection_lost', `the response was cancelled: ${reason ?? 'no reason'}`));
    }
    if (status !== 'completed' && status !== 'incomplete') return this.endedBy(serviceErrorOf(error));
    if (status === 'completed' && calls.length > 0) return { kind: 'calledTools', calls, ...this.#said() };
    const outcome = completed(this.#said());
    return status === 'incomplete' && outcome.kind !== 'failed' ? this.#cutShort('length') : outcome;
  }

  #fail(error: WireError, eventId: string | undefined): EventMeaning {
    if (!this.#concernsTurn(error, eventId)) return 'ignored';
    if (error.code === 'content_filter') return this.#cutShort('filter');
    // A rejected call is followed by an error about its output, without an event id, which must not replace the call's.
    this.#rejectedEventId ??= eventId;
    // A response that ends before its first delta is not billed.
    if (!this.#hasDelta) this.#usage = NO_TOKENS;
    const failure = serviceErrorOf(error);
    const isOfSettings = eventId !== undefined && eventId === this.#events.settingsEventId;
    const rejected = rejectedBy(error, eventId, this.#events);
    if (rejected !== undefined) return this.#settingsRejected(error, rejected);
    if (!isOfSettings) return this.endedBy(failure);
    // Without the settings, the answer used the service's defaults. Drop it, whatever the reason of the failure.
    return failure.code === 'request_rejected' ? settingsOutcome(error) : { kind: 'failed', error: failure };
  }

  /** Once the model has begun to answer, the turn is not asked again: then nothing is noted. */
  #settingsRejected(error: WireError, rejected: RejectedSettings): ResponseOutcome {
    if (!this.#hasDelta) this.#rejectedSettings = rejected;
    return settingsOutcome(error);
  }

  /**
   * An error belongs to the turn if it names one of our events, or no event. Such an error has to end the response,
   * because no `response.done` follows it. Exception: once the answer has begun, a rejected request without an event id
   * is about something else, since all of ours were accepted.
   */
  #concernsTurn(error: WireError, eventId: string | undefined): boolean {
    if (error.code === 'session_expired') return true;
    if (eventId !== undefined) return this.#events.all.some(({ event_id }) => event_id === eventId);
    return !this.#hasDelta || !REJECTED_REQUESTS.includes(serviceErrorOf(error).code);
  }

  #said(): Said {
    return { text: this.#parts.text(), pcm: this.#parts.pcm() };
  }

  #cutShort(why: CutShortReason) {
    return { kind: 'cutShort', why, ...this.#said() } as const;
  }
}

const REJECTED_REQUESTS: readonly TurnErrorCode[] = ['request_rejected', 'response_conflict'];

/** An answer after rejected settings uses the service's defaults, so it is not delivered. */
function settingsOutcome(error: WireError): ResponseOutcome {
  return { kind: 'failed', error: new TurnError('settings_rejected', serviceErrorOf(error).message) };
}
