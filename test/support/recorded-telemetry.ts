import { type Attributes, metrics, trace } from '@opentelemetry/api';
import { AggregationTemporality, type DataPoint, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createLogger } from '../../src/log.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';

/** Collects on request. */
class Reader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

export interface RecordedTelemetry {
  /** In the order in which they ended. */
  readonly spans: readonly ReadableSpan[];
  /** All measurements since the last call, by name. */
  read(): Promise<ReadonlyMap<string, readonly Measured[]>>;
}

export interface Measured {
  readonly attributes: Attributes;
  /** The sum of a counter, the value of a gauge, the sum of a histogram. */
  readonly value: number;
}

/** The bot's telemetry, and a promise that resolves once it is active. */
export function beginTelemetry(clock: Clock = systemClock): { telemetry: Telemetry; begun: Promise<void> } {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const exporter = { flush: async () => resolve(), close: async () => {} };
  const model = { kind: 'azureKey', endpoint: 'http://127.0.0.1', model: 'simulator', apiKey: 'x' } as const;
  return { telemetry: new Telemetry({ clock, log: createLogger('silent'), model, open: async () => exporter }), begun };
}

let recorded: RecordedTelemetry | undefined;

/** OpenTelemetry's SDK with exporters in memory. A singleton, since its API is global. */
export function recordTelemetry(): RecordedTelemetry {
  recorded ??= registerSdk();
  return recorded;
}

function registerSdk(): RecordedTelemetry {
  const reader = new Reader();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  return {
    get spans() {
      return exporter.getFinishedSpans();
    },
    async read() {
      const { resourceMetrics } = await reader.collect();
      const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      return new Map(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.map(measured)]));
    },
  };
}

function measured({ attributes, value }: DataPoint<unknown>): Measured {
  const sum = typeof value === 'number' ? value : (value as { sum?: number }).sum;
  return { attributes, value: sum ?? Number.NaN };
}
