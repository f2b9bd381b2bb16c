import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Attributes, type BatchObservableResult, metrics, trace } from '@opentelemetry/api';
import type { Clock } from '../clock.ts';
import type { ModelEndpoint } from '../config/config.ts';
import { withDeadline } from '../deadline.ts';
import type { Logger } from '../log.ts';
import type { Exporter } from './azure-monitor.ts';
import { createInstruments } from './instruments.ts';
import { type TurnOrigin, TurnTelemetry } from './turn-telemetry.ts';

export interface TelemetryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly model: ModelEndpoint;
  /** Opens the exporter; `undefined` if there is none. */
  readonly open: (() => Promise<Exporter>) | undefined;
}

const SCOPE = 'realtime-voice-bot';
/** Limits each flush. The last one delays the exit of the process. */
const FLUSH_LIMIT_MS = 5_000;
const LOOP_RESOLUTION_MS = 20;

/**
 * Records spans and metrics by OpenTelemetry's API, which does nothing until an SDK is registered. It records only
 * counts and times, never user input or names. No method throws.
 */
export class Telemetry {
  readonly #options: TelemetryOptions;
  readonly #model: Attributes;
  #instruments = createInstruments(metrics.getMeter(SCOPE));
  #stopObserving = () => {};
  #exporter: Exporter | undefined;
  #opening: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#model = modelAttributes(options.model);
  }

  /** Opens the exporter and starts to measure, unless closed. Logs an exporter that cannot be opened. Never rejects. */
  async start(openSessionCount: () => number): Promise<void> {
    if (this.#isClosed) return;
    this.#opening ??= this.#open(openSessionCount);
    await this.#opening;
  }

  /** Flushes and closes the exporter. Never rejects. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#opening;
    await this.#withinLimit('telemetry not flushed', () => this.#exporter?.close());
    this.#stopObserving();
  }

  turn(origin: TurnOrigin): TurnTelemetry {
    return new TurnTelemetry({
      ...origin,
      clock: this.#options.clock,
      tracer: trace.getTracer(SCOPE),
      instruments: () => this.#instruments,
      model: this.#model,
    });
  }

  sessionClosed(reason: string): void {
    this.#instruments.sessionsClosed.add(1, { 'voice_bot.close.reason': reason });
  }

  count(event: 'sendRetries' | 'sendsThrottled' | 'duplicates'): void {
    this.#instruments[event].add(1);
  }

  async #open(openSessionCount: () => number): Promise<void> {
    const { open, log } = this.#options;
    try {
      this.#exporter = await open?.();
    } catch (err) {
      log.error({ err }, 'telemetry not opened: the bot runs without it');
      return;
    }
    // An instrument belongs to the meter provider that is registered when it is created.
    this.#instruments = createInstruments(metrics.getMeter(SCOPE));
    this.#stopObserving = this.#observe(openSessionCount);
    this.#instruments.starts.add(1);
    // Flush at once, so that a process that ends within its first minute is counted.
    void this.#withinLimit('start not reported', () => this.#exporter?.flush());
  }

  /** Observes the gauges, at each export, until the returned function is called. */
  #observe(openSessionCount: () => number): () => void {
    const meter = metrics.getMeter(SCOPE);
    const { sessionsOpen, eventLoopDelay } = this.#instruments;
    const delays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
    delays.enable();
    const observe = (result: BatchObservableResult) => {
      result.observe(sessionsOpen, openSessionCount());
      // Each delay includes the monitor's own timer.
      result.observe(eventLoopDelay, Math.max(0, delays.percentile(99) / 1e9 - LOOP_RESOLUTION_MS / 1000));
      delays.reset();
    };
    meter.addBatchObservableCallback(observe, [sessionsOpen, eventLoopDelay]);
    return () => {
      delays.disable();
      meter.removeBatchObservableCallback(observe, [sessionsOpen, eventLoopDelay]);
    };
  }

  async #withinLimit(failure: string, work: () => Promise<void> | undefined): Promise<void> {
    const { clock, log } = this.#options;
    const late = () => new Error(`not finished within ${FLUSH_LIMIT_MS} ms`);
    try {
      await withDeadline({ clock, limitMs: FLUSH_LIMIT_MS, late }, async () => work());
    } catch (err) {
      log.warn({ err }, failure);
    }
  }
}

function modelAttributes(model: ModelEndpoint): Attributes {
  const isAzure = model.kind !== 'openai';
  return {
    'gen_ai.provider.name': isAzure ? 'azure.ai.openai' : 'openai',
    'gen_ai.request.model': model.model,
    'server.address': new URL(isAzure ? model.endpoint : model.baseUrl).hostname,
  };
}
