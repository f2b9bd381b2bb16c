import { metrics, trace } from '@opentelemetry/api';
import type { TelemetrySettings } from '../config/telemetry-settings.ts';
import type { Logger } from '../log.ts';
import { SendingWatch } from './sending-watch.ts';

/** An open connection to a backend of spans and metrics. */
export interface Exporter {
  /** Sends what has been recorded. */
  flush(): Promise<void>;
  /** Flushes, and ends. */
  close(): Promise<void>;
}

const TOKEN_LASTS_MS = 5 * 60_000;
const OFF = { enabled: false };
/**
 * Instrumentation is off: addresses hold the ids of users and signed links to their audio. Logs go to standard output.
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
 * Sends all that OpenTelemetry's API records to Azure Monitor. Its library takes most of a second to load and a hundred
 * megabytes of memory, so it is loaded only here.
 */
export async function openAzureMonitor(
  { connectionString, entraScope }: TelemetrySettings,
  tokens: (scope: string) => () => Promise<string>,
  log: Logger,
): Promise<Exporter> {
  const { useAzureMonitor, shutdownAzureMonitor } = await import('@azure/monitor-opentelemetry');
  const watch = new SendingWatch(log);
  useAzureMonitor({
    azureMonitorExporterOptions: {
      connectionString,
      // The disk is lost with the process, so nothing would send data that is stored there.
      disableOfflineStorage: true,
      additionalPolicies: [{ policy: watch.policy(), position: 'perCall' }],
      ...(entraScope === undefined ? {} : { credential: credentialOf(tokens(entraScope), watch) }),
    },
    // Every turn is recorded: there are few, and an operator may look for any of them.
    samplingRatio: 1,
    tracesPerSecond: 0,
    instrumentationOptions: INSTRUMENTATION,
    enableLiveMetrics: false,
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
  });
  return { flush, close: shutdownAzureMonitor };
}

function credentialOf(tokenOf: () => Promise<string>, watch: SendingWatch) {
  return {
    // The library compares the expiry with the system's time, whatever clock the bot has.
    getToken: async () => ({ token: await watch.token(tokenOf), expiresOnTimestamp: Date.now() + TOKEN_LASTS_MS }),
  };
}

async function flush(): Promise<void> {
  const providers: object[] = [metrics.getMeterProvider(), trace.getTracerProvider()];
  // The API does not declare it, but each provider of an SDK has it.
  await Promise.all(providers.map((provider) => (provider as { forceFlush?(): Promise<void> }).forceFlush?.()));
}
