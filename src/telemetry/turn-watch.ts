import { type Attributes, context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Clock } from '../clock.ts';
import { MODALITIES, type TokenUsage } from '../token-usage.ts';
import type { Instruments } from './instruments.ts';
import { ATTRIBUTES, GENERATE_OPERATION, SPANS, type Step } from './names.ts';

/** How a turn ended, as it is counted. */
export type WatchedOutcome =
  | 'spoken'
  | 'textOnly'
  | 'cutShort'
  | 'failed'
  /** Not asked of the model, because of a budget. */
  | 'refused'
  /** Not asked of the model, because nothing of what was sent can be read. */
  | 'unreadable'
  /** The answer was there, and is sent once more. */
  | 'resent'
  /** Nothing to do: it was answered before. */
  | 'answeredBefore'
  /** The channel did not take the answer. */
  | 'unsent'
  /** There is nobody any more to be answered: the bot was blocked or removed. */
  | 'gone'
  /** Its user took it back, or stopped it, before its turn had begun. */
  | 'withdrawn'
  /** For another instance to answer. */
  | 'left';

/** What a turn is watched with. */
export interface TurnWatchDeps {
  readonly clock: Clock;
  /** As they are now: a turn that began before anybody received is counted where it ends after that. */
  readonly instruments: () => Instruments;
  readonly tracer: Tracer;
  readonly channel: string;
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

const FAILED: ReadonlySet<WatchedOutcome> = new Set(['failed', 'unsent']);

/**
 * Follows one turn: a span with its steps below it, and what is measured of it. Nothing of what people say is given to
 * it. Nothing is measured of times before `begin` or after `end`; a step settles like its work.
 */
export class TurnWatch {
  readonly #deps: TurnWatchDeps;
  #span: Span | undefined;
  #beganAtMs = 0;
  #outcome: WatchedOutcome = 'failed';
  #code: string | undefined;
  #hasText = false;
  #hasAudio = false;

  constructor(deps: TurnWatchDeps) {
    this.#deps = deps;
  }

  /** `acceptedAtMs`: by the clock of the instance that accepted the message. */
  begin(acceptedAtMs: number): void {
    const { clock, tracer, channel, names } = this.#deps;
    const instruments = this.#deps.instruments();
    this.#beganAtMs = clock.now();
    // Application Insights names the requests of servers alone.
    this.#span = tracer.startSpan(SPANS.turn, { kind: SpanKind.SERVER, attributes: names });
    const waitSeconds = Math.max(0, this.#beganAtMs - acceptedAtMs) / 1000;
    instruments.queueWait.record(waitSeconds, { [ATTRIBUTES.channel]: channel });
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

  /** The model has begun to write, or to speak. Only the first time of each counts. */
  firstText(): void {
    if (this.#hasText || this.#span === undefined) return;
    this.#hasText = true;
    this.#noteFirst(ATTRIBUTES.timeToFirstText, this.#deps.instruments().timeToFirstText);
  }

  firstAudio(): void {
    if (this.#hasAudio || this.#span === undefined) return;
    this.#hasAudio = true;
    this.#noteFirst(ATTRIBUTES.timeToFirstAudio, this.#deps.instruments().timeToFirstAudio);
  }

  /** What the service bills for the turn, all attempts together, and how long the sound is that it made. */
  used(usage: TokenUsage, audioSeconds: number): void {
    const instruments = this.#deps.instruments();
    for (const modality of MODALITIES) {
      const tokens = usage[modality];
      const attributes = { [ATTRIBUTES.modality]: modality };
      if (tokens.in > 0) instruments.inputTokens.add(tokens.in, attributes);
      if (tokens.out > 0) instruments.outputTokens.add(tokens.out, attributes);
      if (tokens.cached > 0) instruments.cachedTokens.add(tokens.cached, attributes);
    }
    if (audioSeconds > 0) instruments.audioSeconds.add(audioSeconds);
  }

  /** How it ended, so far: the last word counts. Where there is none it was left, or an error that nobody expected has ended it. */
  ended(outcome: WatchedOutcome, code?: string): void {
    this.#outcome = outcome;
    this.#code = code;
  }

  /** The turn is over. Safe to call twice. */
  end(): void {
    const { clock, channel } = this.#deps;
    const instruments = this.#deps.instruments();
    const span = this.#span;
    if (span === undefined) return;
    this.#span = undefined;
    const outcome = this.#outcome;
    const attributes = { [ATTRIBUTES.outcome]: outcome, [ATTRIBUTES.channel]: channel };
    instruments.turnDuration.record((clock.now() - this.#beganAtMs) / 1000, attributes);
    span.setAttribute(ATTRIBUTES.outcome, outcome);
    const hasFailed = FAILED.has(outcome);
    if (hasFailed) instruments.turnsFailed.add(1);
    endSpan(span, { error: this.#code ?? (hasFailed ? outcome : undefined) });
  }

  #startStep(name: Step): Span | undefined {
    const { tracer, model } = this.#deps;
    if (this.#span === undefined) return undefined;
    const isOfModel = name === 'connect' || name === 'generate';
    const attributes = !isOfModel ? {} : { ...model, ...(name === 'generate' ? GENERATE : {}) };
    return tracer.startSpan(
      SPANS[name],
      { kind: SpanKind.CLIENT, attributes },
      trace.setSpan(context.active(), this.#span),
    );
  }

  #noteFirst(attribute: string, histogram: Instruments['timeToFirstText']): void {
    const seconds = (this.#deps.clock.now() - this.#beganAtMs) / 1000;
    histogram.record(seconds, { [ATTRIBUTES.channel]: this.#deps.channel });
    this.#span?.setAttribute(attribute, seconds);
  }
}

const GENERATE = { [ATTRIBUTES.operation]: GENERATE_OPERATION, [ATTRIBUTES.outputType]: 'speech' };

function endSpan(span: Span | undefined, { error, usage, responseId }: StepEnd): void {
  if (span === undefined) return;
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

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'internal';
}
