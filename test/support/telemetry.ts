import { systemClock } from '../../src/clock.ts';
import { createLogger } from '../../src/log.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';

/** Telemetry that nobody receives. */
export function unheardTelemetry(): Telemetry {
  const model = { kind: 'azureKey', endpoint: 'https://example.openai.azure.com', model: 'a', apiKey: 'b' } as const;
  return new Telemetry({ clock: systemClock, log: createLogger('silent'), model, open: undefined });
}
