import { hash } from 'node:crypto';
import { type Attributes, metrics, type ObservableGauge, type ObservableResult, trace } from '@opentelemetry/api';
import { type Clock, within } from '../clock.ts';
import type { ModelEndpoint } from '../config/config.ts';
import type { Logger } from '../log.ts';
import type { Exporter } from './azure-monitor.ts';
import { EventLoopDelay } from './event-loop.ts';
import { createInstruments } from './instruments.ts';
import { ATTRIBUTES } from './names.ts';
import { TurnTelemetry } from './turn-telemetry.ts';

export interface TelemetryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly model: ModelEndpoint;
  /** Opens the exporter; `undefined`: there is none. */
  readonly open: (() => Promise<Exporter>) | undefined;
}

/** One turn. */
export interface TurnNames {
  /** Of the conversation; exported as a hash. */
  readonly key: string;
  readonly channel: string;
  readonly turnId: string;
  /** When its message was accepted, in milliseconds since the epoch, by the clock of the queue. */
  readonly acceptedAtMs: number;
}

const SCOPE = 'realtime-voice-bot';
/** The end of the process does not wait longer than this. */
const CLOSE_LIMIT_MS = 5_000;
const HASH_CHARS = 16;

/**
 * Records spans and metrics by OpenTelemetry's API, which do nothing until an SDK is registered. Only counts and times:
 * never what people say, nor their names. No method throws.
 */
export class Telemetry {
  readonly #options: TelemetryOptions;
  readonly #model: Attributes;
  readonly #loop = new EventLoopDelay();
  #instruments = createInstruments(metrics.getMeter(SCOPE));
  readonly #stopObserving: (() => void)[] = [];
  #exporter: Exporter | undefined;
  #opening: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#model = modelAttributes(options.model);
  }

  /** Opens the exporter and starts to measure, unless closed. Logs an exporter that cannot be opened. Never rejects. */
  async start(openSessions: () => number): Promise<void> {
    if (this.#isClosed) return;
    this.#opening ??= this.#open(openSessions);
    await this.#opening;
  }

  /** Flushes and closes the exporter. Never rejects. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#opening;
    await this.#within('telemetry not flushed', () => this.#exporter?.close());
    for (const stop of this.#stopObserving.splice(0)) stop();
    this.#loop.close();
  }

  /** Starts the span of a turn. */
  turn({ key, channel, turnId, acceptedAtMs }: TurnNames): TurnTelemetry {
    const names = { [ATTRIBUTES.channel]: channel, [ATTRIBUTES.turnId]: turnId };
    const conversation = { [ATTRIBUTES.conversation]: hashOf(key) };
    return new TurnTelemetry({
      clock: this.#options.clock,
      instruments: () => this.#instruments,
      tracer: trace.getTracer(SCOPE),
      channel,
      acceptedAtMs,
      names: { ...names, ...conversation },
      model: { ...this.#model, ...conversation },
    });
  }

  sessionClosed(reason: string): void {
    this.#instruments.sessionsClosed.add(1, { [ATTRIBUTES.reason]: reason });
  }

  sendRetried(): void {
    this.#instruments.sendRetries.add(1);
  }

  sendThrottled(): void {
    this.#instruments.sendsThrottled.add(1);
  }

  duplicateDropped(): void {
    this.#instruments.duplicates.add(1);
  }

  async #open(openSessions: () => number): Promise<void> {
    const { open, log } = this.#options;
    try {
      this.#exporter = await open?.();
    } catch (err) {
      log.error({ err }, 'telemetry not opened: the bot runs without it');
      return;
    }
    // An instrument belongs to the meter provider that is registered when it is created.
    this.#instruments = createInstruments(metrics.getMeter(SCOPE));
    this.#observe(this.#instruments.sessionsOpen, openSessions);
    this.#observe(this.#instruments.eventLoopDelay, () => this.#loop.read());
    this.#instruments.starts.add(1);
    // At once, so that a process that ends within its first minute is known.
    void this.#within('start not reported', () => this.#exporter?.flush());
  }

  #observe(gauge: ObservableGauge, read: () => number | undefined): void {
    const callback = (result: ObservableResult) => {
      const value = read();
      if (value !== undefined) result.observe(value);
    };
    gauge.addCallback(callback);
    this.#stopObserving.push(() => gauge.removeCallback(callback));
  }

  async #within(failure: string, work: () => Promise<void> | undefined): Promise<void> {
    const { clock, log } = this.#options;
    const late = () => new Error(`not finished within ${CLOSE_LIMIT_MS} ms`);
    try {
      await within(clock, CLOSE_LIMIT_MS, Promise.resolve(work()), late);
    } catch (err) {
      log.warn({ err }, failure);
    }
  }
}

function hashOf(key: string): string {
  return hash('sha256', key, 'hex').slice(0, HASH_CHARS);
}

function modelAttributes(model: ModelEndpoint): Attributes {
  const isAzure = model.kind !== 'openai';
  return {
    [ATTRIBUTES.provider]: isAzure ? 'azure.ai.openai' : 'openai',
    [ATTRIBUTES.model]: model.model,
    [ATTRIBUTES.serverAddress]: new URL(isAzure ? model.endpoint : model.baseUrl).hostname,
  };
}
