import { metrics, trace } from '@opentelemetry/api';
import type { TelemetrySettings } from '../config/telemetry-settings.ts';
import type { Logger } from '../log.ts';
import { SendingWatch } from './sending-watch.ts';

/** Where spans and metrics go, once it is open. */
export interface Exporter {
  /** Sends what has been recorded. */
  flush(): Promise<void>;
  /** Sends what is left, and ends. */
  close(): Promise<void>;
}

/** Scope of a token for Application Insights in the public cloud. */
export const MONITOR_SCOPE = 'https://monitor.azure.com/.default';

const TOKEN_LASTS_MS = 5 * 60_000;
const OFF = { enabled: false };
/**
 * Nothing is watched from outside: addresses hold the ids of people, and signed links to what was said to them. Logs go
 * to standard output.
 */
const INSTRUMENTATION = {
  azureSdk: OFF,
  http: OFF,
  mongoDb: OFF,
  mySql: OFF,
  postgreSql: OFF,
  redis: OFF,
  redis4: OFF,
  bunyan: OFF,
  winston: OFF,
  console: OFF,
};

/**
 * Azure Monitor as the receiver of all that is recorded by OpenTelemetry's API. Its library, most of a second of
 * start-up and a hundred megabytes of memory, is loaded here and nowhere else.
 */
export async function openAzureMonitor(
  { connectionString, usesEntraId }: TelemetrySettings,
  tokens: (scope: string) => () => Promise<string>,
  log: Logger,
): Promise<Exporter> {
  const { useAzureMonitor, shutdownAzureMonitor } = await import('@azure/monitor-opentelemetry');
  const tokenOf = tokens(MONITOR_SCOPE);
  const watch = new SendingWatch(log);
  // The library compares it with the system's time, whatever clock we have.
  const getToken = async () => ({
    token: await watch.token(tokenOf),
    expiresOnTimestamp: Date.now() + TOKEN_LASTS_MS,
  });
  useAzureMonitor({
    azureMonitorExporterOptions: {
      connectionString,
      // Of a process that is gone nobody sends what it left on a disk that is gone, too.
      disableOfflineStorage: true,
      additionalPolicies: [{ policy: watch.policy(), position: 'perCall' }],
      ...(usesEntraId ? { credential: { getToken } } : {}),
    },
    // Every turn: people write few messages a second, and the one that is looked for must not be missing.
    samplingRatio: 1,
    tracesPerSecond: 0,
    instrumentationOptions: INSTRUMENTATION,
    enableLiveMetrics: false,
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
  });
  return { flush: flushAll, close: shutdownAzureMonitor };
}

async function flushAll(): Promise<void> {
  await Promise.all([metrics.getMeterProvider(), trace.getTracerProvider()].map(flush));
}

/** What the API does not name, and every provider of an SDK has. */
async function flush(provider: object): Promise<void> {
  const { forceFlush } = provider as { forceFlush?: () => Promise<void> };
  await forceFlush?.call(provider);
}
