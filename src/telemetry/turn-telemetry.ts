import { type Attributes, context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Clock } from '../clock.ts';
import { MODALITIES, type TokenUsage } from '../token-usage.ts';
import type { Instruments } from './instruments.ts';
import { ATTRIBUTES, GENERATE_OPERATION, SPANS, type Step } from './names.ts';

/** How a turn ended, as it is counted. */
export type CountedEnd =
  | 'spoken'
  | 'textOnly'
  /** It waits for its user to allow a call. */
  | 'needsApproval'
  | 'cutShort'
  | 'failed'
  /** The model was not asked: a bound, or nobody whom the operator lets in. */
  | 'refused'
  /** The model was not asked: nothing of what was sent can be read. */
  | 'unreadable'
  /** A saved reply was sent again after a crash. */
  | 'resent'
  | 'answeredBefore'
  /** The channel did not take the reply. */
  | 'unsent'
  /** Nobody is there any more: the bot was blocked or removed. */
  | 'gone'
  /** Its user took it back, or stopped it, before the model was asked. */
  | 'withdrawn'
  /** Given back to the queue. */
  | 'released'
  /** Another attempt has the turn. */
  | 'superseded';

/** What is measured of a whole turn. */
export interface TurnMeasures {
  readonly end: CountedEnd;
  /** A literal code, never a message: services quote people in theirs. */
  readonly errorCode?: string | undefined;
  /** What the service bills for the turn, all attempts together. */
  readonly usage?: TokenUsage | undefined;
  /** How long the sound is that the model made. */
  readonly audioSeconds?: number | undefined;
}

/** What a turn is measured with. */
export interface TurnTelemetryOptions {
  readonly clock: Clock;
  /** As they are now: a turn that began before anybody received is counted where it ends after that. */
  readonly instruments: () => Instruments;
  readonly tracer: Tracer;
  readonly channel: string;
  /** When the message was accepted, in milliseconds since the epoch, by the clock of the queue. */
  readonly acceptedAtMs: number;
  /** On the span of the turn. */
  readonly names: Attributes;
  /** Of the model, on the spans of the steps that talk with it. */
  readonly model: Attributes;
}

/** What a step came to, where that is not seen by whether it threw. */
export interface StepEnd {
  /** A literal code, never a message: services quote people in theirs. */
  readonly error?: string | undefined;
  readonly usage?: TokenUsage;
  readonly responseId?: string | undefined;
}

const FAILED: ReadonlySet<CountedEnd> = new Set(['failed', 'unsent']);

/** A turn's span with its steps below it, and the marks within it. Nothing of what people say is given to it. */
export class TurnTelemetry {
  readonly #options: TurnTelemetryOptions;
  readonly #span: Span;
  readonly #beganAtMs: number;
  #hasText = false;
  #hasAudio = false;
  #hasEnded = false;

  constructor(options: TurnTelemetryOptions) {
    const { clock, tracer, channel, names, acceptedAtMs } = options;
    this.#options = options;
    this.#beganAtMs = clock.now();
    // Application Insights names the requests of servers alone.
    this.#span = tracer.startSpan(SPANS.turn, { kind: SpanKind.SERVER, attributes: names });
    const waitSeconds = Math.max(0, this.#beganAtMs - acceptedAtMs) / 1000;
    options.instruments().queueWait.record(waitSeconds, { [ATTRIBUTES.channel]: channel });
    this.#span.setAttribute(ATTRIBUTES.queueWait, waitSeconds);
  }

  /** Runs a step of the turn in a span of its own; settles like it. */
  async step<T>(name: Step, work: () => Promise<T>, endOf: (result: T) => StepEnd = () => ({})): Promise<T> {
    const span = this.#startStep(name);
    try {
      const result = await work();
      endSpan(span, endOf(result));
      return result;
    } catch (error) {
      endSpan(span, { error: codeOf(error) });
      throw error;
    }
  }

  /** The model has begun to write. Only the first time counts. */
  firstText(): void {
    if (this.#hasText || this.#hasEnded) return;
    this.#hasText = true;
    this.#noteFirst(ATTRIBUTES.timeToFirstText, this.#options.instruments().timeToFirstText);
  }

  /** The model has begun to speak. Only the first time counts. */
  firstAudio(): void {
    if (this.#hasAudio || this.#hasEnded) return;
    this.#hasAudio = true;
    this.#noteFirst(ATTRIBUTES.timeToFirstAudio, this.#options.instruments().timeToFirstAudio);
  }

  /** The turn is over: counts it. Only the first call counts. */
  end({ end, errorCode, usage, audioSeconds = 0 }: TurnMeasures): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { clock, channel } = this.#options;
    const instruments = this.#options.instruments();
    if (usage !== undefined) countTokens(usage, instruments);
    if (audioSeconds > 0) instruments.audioSeconds.add(audioSeconds);
    const attributes = { [ATTRIBUTES.outcome]: end, [ATTRIBUTES.channel]: channel };
    instruments.turnDuration.record((clock.now() - this.#beganAtMs) / 1000, attributes);
    this.#span.setAttribute(ATTRIBUTES.outcome, end);
    const hasFailed = FAILED.has(end);
    if (hasFailed) instruments.turnsFailed.add(1);
    endSpan(this.#span, { error: errorCode ?? (hasFailed ? end : undefined) });
  }

  #startStep(name: Step): Span {
    const { tracer, model } = this.#options;
    const isOfModel = name === 'connect' || name === 'generate';
    const attributes = !isOfModel ? {} : { ...model, ...(name === 'generate' ? GENERATE : {}) };
    const parent = trace.setSpan(context.active(), this.#span);
    return tracer.startSpan(SPANS[name], { kind: SpanKind.CLIENT, attributes }, parent);
  }

  #noteFirst(attribute: string, histogram: Instruments['timeToFirstText']): void {
    const seconds = (this.#options.clock.now() - this.#beganAtMs) / 1000;
    histogram.record(seconds, { [ATTRIBUTES.channel]: this.#options.channel });
    this.#span.setAttribute(attribute, seconds);
  }
}

const GENERATE = { [ATTRIBUTES.operation]: GENERATE_OPERATION, [ATTRIBUTES.outputType]: 'speech' };

function countTokens(usage: TokenUsage, instruments: Instruments): void {
  for (const modality of MODALITIES) {
    const tokens = usage[modality];
    const attributes = { [ATTRIBUTES.modality]: modality };
    if (tokens.in > 0) instruments.inputTokens.add(tokens.in, attributes);
    if (tokens.out > 0) instruments.outputTokens.add(tokens.out, attributes);
    if (tokens.cached > 0) instruments.cachedTokens.add(tokens.cached, attributes);
  }
}

function endSpan(span: Span, { error, usage, responseId }: StepEnd): void {
  if (error !== undefined) {
    span.setAttribute(ATTRIBUTES.errorType, error);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  if (responseId !== undefined) span.setAttribute(ATTRIBUTES.responseId, responseId);
  if (usage !== undefined) span.setAttributes(totalsOf(usage));
  span.end();
}

function totalsOf(usage: TokenUsage): Attributes {
  const total = (field: 'in' | 'out' | 'cached') => MODALITIES.reduce((sum, name) => sum + usage[name][field], 0);
  return {
    [ATTRIBUTES.inputTokens]: total('in'),
    [ATTRIBUTES.outputTokens]: total('out'),
    [ATTRIBUTES.cachedTokens]: total('cached'),
  };
}

/** The literal code of an error; `internal` where it has none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'internal';
}
