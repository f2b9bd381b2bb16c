import { hash } from 'node:crypto';
import { type Attributes, metrics, type ObservableGauge, type ObservableResult, trace } from '@opentelemetry/api';
import type { Clock } from '../clock.ts';
import type { ModelEndpoint } from '../config/config.ts';
import { withDeadline } from '../deadline.ts';
import type { Logger } from '../log.ts';
import type { Exporter } from './azure-monitor.ts';
import { EventLoopDelay } from './event-loop.ts';
import { createInstruments } from './instruments.ts';
import { ATTRIBUTES } from './names.ts';
import { TurnTelemetry } from './turn-telemetry.ts';

/** What telemetry is made with. */
export interface TelemetryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly model: ModelEndpoint;
  /** Makes what is recorded go somewhere; `undefined` where nothing has to be opened for that. */
  readonly open: (() => Promise<Exporter>) | undefined;
}

/** The names of one turn. */
export interface TurnNames {
  /** Of the conversation; leaves this process as a hash. */
  readonly key: string;
  readonly channel: string;
  readonly turnId: string;
  /** When its message was accepted, in milliseconds since the epoch, by the clock of the queue. */
  readonly acceptedAtMs: number;
}

const SCOPE = 'realtime-voice-bot';
/** The end of the process waits no longer for it. */
const CLOSE_LIMIT_MS = 5_000;
const HASH_CHARS = 16;

/**
 * Spans and metrics by OpenTelemetry's API, which do nothing until somebody receives them. Counts and times alone:
 * nothing of what people say, and no names of theirs. No method throws.
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

  /**
   * Begins to measure, once the exporter is there; never after `close`. What cannot be opened is in the log, and the bot
   * goes on without.
   */
  async start(openSessions: () => number): Promise<void> {
    if (this.#isClosed) return;
    this.#opening ??= this.#open(openSessions);
    await this.#opening;
  }

  /** Sends what is left. Never rejects. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#opening;
    await this.#within('what was left of the telemetry was not sent', () => this.#exporter?.close());
    for (const stop of this.#stopObserving.splice(0)) stop();
    this.#loop.close();
  }

  /** Begins to measure a turn. */
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

  /** A session with the model has ended. */
  sessionClosed(reason: string): void {
    this.#instruments.sessionsClosed.add(1, { [ATTRIBUTES.reason]: reason });
  }

  /** A call to the channel failed, and is made again. */
  sendRetried(): void {
    this.#instruments.sendRetries.add(1);
  }

  /** The channel has answered 429. */
  sendThrottled(): void {
    this.#instruments.sendsThrottled.add(1);
  }

  /** An activity was delivered again, and dropped. */
  duplicateDropped(): void {
    this.#instruments.duplicates.add(1);
  }

  async #open(openSessions: () => number): Promise<void> {
    const { open, log } = this.#options;
    try {
      this.#exporter = await open?.();
    } catch (err) {
      log.error({ err }, 'telemetry cannot be sent: the bot goes on without');
      return;
    }
    // Instruments are bound to whoever receives at the moment at which they are made.
    this.#instruments = createInstruments(metrics.getMeter(SCOPE));
    this.#observe(this.#instruments.sessionsOpen, openSessions);
    this.#observe(this.#instruments.eventLoopDelay, () => this.#loop.read());
    this.#instruments.starts.add(1);
    // At once: of a process that ends within its first minute nothing else would be known.
    void this.#within('the start was not reported', () => this.#exporter?.flush());
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
    const late = () => new Error(`not done within ${CLOSE_LIMIT_MS} ms`);
    try {
      await withDeadline({ clock, limitMs: CLOSE_LIMIT_MS, late }, async () => work());
    } catch (err) {
      log.warn({ err }, failure);
    }
  }
}

/** Tells conversations apart, and does not name them. */
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
