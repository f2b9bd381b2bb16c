import { createRequire } from 'node:module';
import { metrics, trace } from '@opentelemetry/api';

/** Sends a metric, a span and a request that was watched, by the library of Azure Monitor, to the address given. */
const origin = process.argv[2] ?? '';
const { shutdownAzureMonitor, useAzureMonitor } = await import('@azure/monitor-opentelemetry');

// The library insists on https, for which a test would need a certificate.
const plainHttp = {
  name: 'plain-http',
  sendRequest: (request: { url: string; allowInsecureConnection?: boolean }, next: (request: never) => never) => {
    request.url = request.url.replace('https:', 'http:');
    request.allowInsecureConnection = true;
    return next(request as never);
  },
};

useAzureMonitor({
  azureMonitorExporterOptions: {
    connectionString: `InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=${origin}/`,
    disableOfflineStorage: true,
    additionalPolicies: [{ policy: plainHttp, position: 'perRetry' }],
  },
  enableLiveMetrics: false,
  samplingRatio: 1,
  tracesPerSecond: 0,
} as Parameters<typeof useAzureMonitor>[0]);

metrics.getMeter('test').createCounter('test.counter').add(1);
trace.getTracer('test').startSpan('test-span').end();
// As the libraries inside that are CommonJS come to it: what an import got before is not watched.
const http: typeof import('node:http') = createRequire(import.meta.url)('node:http');
await new Promise((resolve) => http.get(`${origin}/watched`, (response) => response.resume().once('end', resolve)));
await shutdownAzureMonitor();
