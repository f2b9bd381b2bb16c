import { ingestionEndpointOf } from '../telemetry-settings.ts';
import { type Check, type DoctorDeps, skipped } from './check.ts';
import { reachCheck } from './reach.ts';

const NAME = 'telemetry';
const VARIABLE = 'APPLICATIONINSIGHTS_CONNECTION_STRING';
const NO_TIME_MS = 1_000;

/** Whether the place that takes metrics and traces can be reached; whether it takes them is not known before they are sent. */
export function telemetryCheck({ config: { telemetry }, clock }: DoctorDeps): Check {
  switch (telemetry.kind) {
    case 'none':
      return { name: NAME, limitMs: NO_TIME_MS, lateTodo: '', run: async () => skipped(`${VARIABLE} is not set`) };
    case 'azureMonitor': {
      const address = ingestionEndpointOf(telemetry.connectionString);
      return reachCheck({ name: NAME, address: async () => address, variable: VARIABLE, clock });
    }
  }
}
