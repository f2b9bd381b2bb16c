import { systemClock } from '../../src/clock.ts';
import { createLogger } from '../../src/log.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';

/** Telemetry without an exporter. */
export function silentTelemetry(): Telemetry {
  const model = { kind: 'azureKey', endpoint: 'https://example.openai.azure.com', model: 'a', apiKey: 'b' } as const;
  return new Telemetry({ clock: systemClock, log: createLogger('silent'), model, open: undefined });
}
