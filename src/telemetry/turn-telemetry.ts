import { hash } from 'node:crypto';
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Clock } from '../clock.ts';
import { MODALITIES, type TokenUsage } from '../token-usage.ts';
import type { Instruments } from './instruments.ts';
import { ATTRIBUTES, SPAN_METRICS, type Step } from './names.ts';

/** How a turn ended, as telemetry counts it. */
export type CountedResult =
  | 'spoken'
  | 'textOnly'
  /** It waits for its user to allow a call. */
  | 'needsApproval'
  | 'cutShort'
  | 'failed'
  /** The model was not asked: a limit, or a user who is not allowed. */
  | 'refused'
  /** The model was not asked: no part of the message can be read. */
  | 'unreadable'
  /** A saved reply was sent again after a crash. */
  | 'resent'
  | 'answeredBefore'
  /** The channel did not accept the reply. */
  | 'unsent'
  /** The bot was blocked or removed. */
  | 'gone'
  /** Its user deleted or stopped the message before the model was asked. */
  | 'withdrawn'
  /** Returned to the queue. */
  | 'released'
  /** Another attempt has the turn. */
  | 'superseded';

/** The figures of a whole turn. */
export interface TurnMeasures {
  readonly end: CountedResult;
  /** A literal code, never a message: services quote people in theirs. */
  readonly errorCode?: string | undefined;
  /** The billed tokens of all attempts together. */
  readonly usage?: TokenUsage | undefined;
  readonly audioSeconds?: number | undefined;
}

export interface TurnNames {
  /** The key of the conversation, exported as a hash. */
  readonly key: string;
  readonly channel: string;
  readonly turnId: string;
  /** When the message was accepted, in milliseconds since the epoch, by the clock of the queue. */
  readonly acceptedAtMs: number;
}

export interface TurnTelemetryOptions extends TurnNames {
  readonly clock: Clock;
  readonly tracer: Tracer;
  /** The current instruments: a turn may begin before the exporter is open and end after. */
  readonly instruments: () => Instruments;
  readonly model: Attributes;
}

/** The figures of a step that did not throw. */
export interface StepEnd {
  /** A literal code, never a message: services quote people in theirs. */
  readonly error?: string | undefined;
  readonly usage?: TokenUsage;
  readonly responseId?: string | undefined;
}

const HASH_CHARS = 16;
const FAILED: ReadonlySet<CountedResult> = new Set(['failed', 'unsent']);

/** A turn's span, the spans of its steps, and its metrics. It never receives what people write or say. */
export class TurnTelemetry {
  readonly #options: TurnTelemetryOptions;
  readonly #span: Span;
  readonly #conversation: Attributes;
  readonly #beganAtMs: number;
  readonly #recorded = new Set<string>();
  #hasEnded = false;

  constructor(options: TurnTelemetryOptions) {
    const { clock, tracer, key, channel, turnId, acceptedAtMs, instruments } = options;
    this.#options = options;
    this.#beganAtMs = clock.now();
    this.#conversation = { [ATTRIBUTES.conversation]: hash('sha256', key, 'hex').slice(0, HASH_CHARS) };
    const waitSeconds = Math.max(0, this.#beganAtMs - acceptedAtMs) / 1000;
    const ids = { [ATTRIBUTES.turnId]: turnId, [ATTRIBUTES.channel]: channel, [SPAN_METRICS.queueWait]: waitSeconds };
    // Application Insights shows only spans of servers as requests.
    this.#span = tracer.startSpan('turn', { kind: SpanKind.SERVER, attributes: { ...this.#conversation, ...ids } });
    instruments().queueWait.record(waitSeconds, { [ATTRIBUTES.channel]: channel });
  }

  /** Runs a step of the turn in its own span. Settles like `work`. */
  async step<T>(name: Step, work: () => Promise<T>, endOf: (result: T) => StepEnd = () => ({})): Promise<T> {
    const span = this.#startStep(name);
    return settled(work, endOf, (end) => endSpan(span, end));
  }

  /** Runs a tool in a span of its own. `errorOf`: the literal code of a call that failed. */
  async toolCall<T>(
    name: string,
    callId: string,
    work: () => Promise<T>,
    errorOf: (result: T) => string | undefined,
  ): Promise<T> {
    const { clock, tracer, instruments } = this.#options;
    const tool = { [ATTRIBUTES.operation]: 'execute_tool', [ATTRIBUTES.toolName]: name };
    const call = { [ATTRIBUTES.toolType]: 'function', [ATTRIBUTES.toolCallId]: callId };
    const attributes = { ...tool, ...this.#conversation, ...call };
    const parent = trace.setSpan(context.active(), this.#span);
    const span = tracer.startSpan(`execute_tool ${name}`, { kind: SpanKind.INTERNAL, attributes }, parent);
    const beganAtMs = clock.now();
    const endOf = (result: T) => ({ error: errorOf(result) });
    return settled(work, endOf, ({ error }) => {
      const failure = error === undefined ? {} : { [ATTRIBUTES.errorType]: error };
      instruments().toolDuration.record((clock.now() - beganAtMs) / 1000, { ...tool, ...failure });
      endSpan(span, { error });
    });
  }

  /** Records how long the turn has taken so far. Only the first call for each name counts. */
  recordFirst(name: 'timeToFirstText' | 'timeToFirstAudio'): void {
    if (this.#recorded.has(name) || this.#hasEnded) return;
    this.#recorded.add(name);
    const { clock, channel, instruments } = this.#options;
    const seconds = (clock.now() - this.#beganAtMs) / 1000;
    instruments()[name].record(seconds, { [ATTRIBUTES.channel]: channel });
    this.#span.setAttribute(SPAN_METRICS[name], seconds);
  }

  /** Ends and counts the turn. Only the first call counts. */
  end({ end, errorCode, usage, audioSeconds = 0 }: TurnMeasures): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { clock, channel } = this.#options;
    const instruments = this.#options.instruments();
    if (usage !== undefined) countTokens(usage, instruments);
    if (audioSeconds > 0) instruments.audioSeconds.add(audioSeconds);
    const attributes = { [ATTRIBUTES.result]: end, [ATTRIBUTES.channel]: channel };
    instruments.turnDuration.record((clock.now() - this.#beganAtMs) / 1000, attributes);
    this.#span.setAttribute(ATTRIBUTES.result, end);
    const hasFailed = FAILED.has(end);
    if (hasFailed) instruments.turnsFailed.add(1);
    endSpan(this.#span, { error: errorCode ?? (hasFailed ? end : undefined) });
  }

  #startStep(name: Step): Span {
    const { tracer, model } = this.#options;
    const isOfModel = name === 'connect' || name === 'generate';
    const attributes = !isOfModel ? {} : { ...model, ...this.#conversation, ...(name === 'generate' ? GENERATE : {}) };
    const parent = trace.setSpan(context.active(), this.#span);
    return tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
  }
}

/** `generate_content` is the convention's word for content of several kinds. */
const GENERATE = { [ATTRIBUTES.operation]: 'generate_content', [ATTRIBUTES.outputType]: 'speech' };

function countTokens(usage: TokenUsage, instruments: Instruments): void {
  for (const modality of MODALITIES) {
    const tokens = usage[modality];
    const attributes = { [ATTRIBUTES.modality]: modality };
    if (tokens.in > 0) instruments.inputTokens.add(tokens.in, attributes);
    if (tokens.out > 0) instruments.outputTokens.add(tokens.out, attributes);
    if (tokens.cached > 0) instruments.cachedTokens.add(tokens.cached, attributes);
  }
}

/** Settles like `work`, after it has passed the end to `onEnd`. */
async function settled<T>(
  work: () => Promise<T>,
  endOf: (result: T) => StepEnd,
  onEnd: (end: StepEnd) => void,
): Promise<T> {
  try {
    const result = await work();
    onEnd(endOf(result));
    return result;
  } catch (error) {
    onEnd({ error: codeOf(error) });
    throw error;
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

/** Returns the literal code of an error; `internal` if it has none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'internal';
}
