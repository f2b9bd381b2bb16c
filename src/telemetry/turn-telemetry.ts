import { hash } from 'node:crypto';
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Clock } from '../clock.ts';
import { MODALITIES, type TokenUsage } from '../token-usage.ts';
import { type Instruments, SPAN_METRICS } from './instruments.ts';

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
  /** It was stopped before the model was asked. A deleted message has no turn. */
  | 'stopped'
  /** Returned to the queue. */
  | 'released'
  /** Another attempt has the turn. */
  | 'superseded';

/** The figures of a whole turn. */
export interface TurnMeasures {
  readonly result: CountedResult;
  /** A literal code, never a message: services quote people in theirs. */
  readonly errorCode?: string | undefined;
  /** The billed tokens of all responses, retries among them. */
  readonly usage?: TokenUsage | undefined;
  readonly audioSeconds?: number | undefined;
}

/** What is known of a turn when it begins. */
export interface TurnOrigin {
  /** The key of the conversation, exported as a hash. */
  readonly key: string;
  readonly channel: string;
  readonly turnId: string;
  /** When the message was accepted, in milliseconds since the epoch, by the clock of the queue. */
  readonly acceptedAtMs: number;
}

export interface TurnTelemetryOptions extends TurnOrigin {
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

/** The steps of a turn. Each is a span below the span `turn`. */
export type Step = 'read' | 'connect' | 'generate' | 'send';

const HASH_CHARS = 16;
const FAILED: ReadonlySet<CountedResult> = new Set(['failed', 'unsent']);

/**
 * A turn's span, the spans of its steps, and its metrics. It never receives what people write or say. Attributes that
 * begin with `gen_ai` are OpenTelemetry's conventions for generative AI, which are still in development:
 * https://github.com/open-telemetry/semantic-conventions-genai (as of pull request 440).
 */
export class TurnTelemetry {
  readonly #options: TurnTelemetryOptions;
  readonly #span: Span;
  readonly #conversation: Attributes;
  readonly #channel: Attributes;
  readonly #beganAtMs: number;
  readonly #recorded = new Set<string>();

  constructor(options: TurnTelemetryOptions) {
    const { clock, tracer, key, channel, turnId, acceptedAtMs, instruments } = options;
    this.#options = options;
    this.#beganAtMs = clock.now();
    this.#conversation = { 'gen_ai.conversation.id': hash('sha256', key, 'hex').slice(0, HASH_CHARS) };
    this.#channel = { 'voice_bot.channel': channel };
    const waitSeconds = Math.max(0, this.#beganAtMs - acceptedAtMs) / 1000;
    const ids = { 'voice_bot.turn.id': turnId, [SPAN_METRICS.queueWait]: waitSeconds };
    const attributes = { ...this.#conversation, ...this.#channel, ...ids };
    // Application Insights shows only spans of servers as requests.
    this.#span = tracer.startSpan('turn', { kind: SpanKind.SERVER, attributes });
    instruments().queueWait.record(waitSeconds, this.#channel);
  }

  /** Runs a step of the turn in its own span. Settles like `work`. */
  async step<T>(name: Step, work: () => Promise<T>, endOf: (result: T) => StepEnd = () => ({})): Promise<T> {
    const isOfModel = name === 'connect' || name === 'generate';
    const model = isOfModel ? { ...this.#options.model, ...this.#conversation } : {};
    const span = this.#startSpan(name, SpanKind.CLIENT, { ...model, ...(name === 'generate' ? GENERATE : {}) });
    return settled(work, endOf, (end) => endSpan(span, end));
  }

  /** Runs a tool in a span of its own. `errorOf`: the literal code of a call that failed. */
  async toolCall<T>(
    name: string,
    callId: string,
    work: () => Promise<T>,
    errorOf: (result: T) => string | undefined,
  ): Promise<T> {
    const { clock, instruments } = this.#options;
    const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name };
    // The type is always `function`: whatever the tool does, the model calls it as a function of its client.
    const call = { 'gen_ai.tool.type': 'function', 'gen_ai.tool.call.id': callId };
    const attributes = { ...tool, ...this.#conversation, ...call };
    const span = this.#startSpan(`execute_tool ${name}`, SpanKind.INTERNAL, attributes);
    const beganAtMs = clock.now();
    const endOf = (result: T) => ({ error: errorOf(result) });
    return settled(work, endOf, ({ error }) => {
      const failure = error === undefined ? {} : { 'error.type': error };
      instruments().toolDuration.record((clock.now() - beganAtMs) / 1000, { ...tool, ...failure });
      endSpan(span, { error });
    });
  }

  /** Records how long the turn has taken so far. Only the first call for each name counts. */
  recordFirst(name: 'timeToFirstText' | 'timeToFirstAudio'): void {
    if (this.#recorded.has(name)) return;
    this.#recorded.add(name);
    const { clock, instruments } = this.#options;
    const seconds = (clock.now() - this.#beganAtMs) / 1000;
    instruments()[name].record(seconds, this.#channel);
    this.#span.setAttribute(SPAN_METRICS[name], seconds);
  }

  /** Ends and counts the turn. Call it once, last. */
  end({ result, errorCode, usage, audioSeconds = 0 }: TurnMeasures): void {
    const instruments = this.#options.instruments();
    if (usage !== undefined) countTokens(usage, instruments);
    if (audioSeconds > 0) instruments.audioSeconds.add(audioSeconds);
    const attributes = { 'voice_bot.result': result };
    const seconds = (this.#options.clock.now() - this.#beganAtMs) / 1000;
    instruments.turnDuration.record(seconds, { ...attributes, ...this.#channel });
    this.#span.setAttributes(attributes);
    const hasFailed = FAILED.has(result);
    if (hasFailed) instruments.turnsFailed.add(1);
    endSpan(this.#span, { error: errorCode ?? (hasFailed ? result : undefined) });
  }

  /** Starts a span below that of the turn. */
  #startSpan(name: string, kind: SpanKind, attributes: Attributes): Span {
    return this.#options.tracer.startSpan(name, { kind, attributes }, trace.setSpan(context.active(), this.#span));
  }
}

/** `generate_content` is the convention's word for content of several kinds. */
const GENERATE = { 'gen_ai.operation.name': 'generate_content', 'gen_ai.output.type': 'speech' };

function countTokens(usage: TokenUsage, instruments: Instruments): void {
  for (const modality of MODALITIES) {
    const tokens = usage[modality];
    const attributes = { 'gen_ai.token.modality': modality };
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
    span.setAttribute('error.type', error);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  if (responseId !== undefined) span.setAttribute('gen_ai.response.id', responseId);
  if (usage !== undefined) span.setAttributes(totalsOf(usage));
  span.end();
}

function totalsOf(usage: TokenUsage): Attributes {
  const total = (field: 'in' | 'out' | 'cached') => MODALITIES.reduce((sum, name) => sum + usage[name][field], 0);
  return {
    'gen_ai.usage.input_tokens': total('in'),
    'gen_ai.usage.output_tokens': total('out'),
    'gen_ai.usage.cache_read.input_tokens': total('cached'),
  };
}

/** Returns the literal code of an error; `internal` if it has none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'internal';
}
