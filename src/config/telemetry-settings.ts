import type { EnvReader } from './env.ts';

/** The Application Insights resource that spans and metrics are sent to. */
export interface TelemetrySettings {
  readonly connectionString: string;
  /**
   * The scope of the tokens of Entra ID, whose identity needs the role "Monitoring Metrics Publisher". Unset: the key
   * in the connection string authenticates.
   */
  readonly entraScope: string | undefined;
}

const CONNECTION_STRING =
  'the connection string of an Application Insights resource, "InstrumentationKey=...;IngestionEndpoint=https://..."';
/** https://learn.microsoft.com/azure/azure-monitor/app/connection-strings */
const DEFAULT_ENDPOINT = 'https://dc.services.visualstudio.com';
/** The audience in the public cloud. The portals of other clouds show a connection string with their own. */
const DEFAULT_AUDIENCE = 'https://monitor.azure.com';

/** Returns `undefined` if telemetry is not sent. A problem never quotes the connection string. */
export function readTelemetry(reader: EnvReader): TelemetrySettings | undefined {
  const connectionString = reader.text('APPLICATIONINSIGHTS_CONNECTION_STRING');
  // App Service defines the name and form of this variable. The client id in it is that of AZURE_CLIENT_ID.
  const signIn = reader.text('APPLICATIONINSIGHTS_AUTHENTICATION_STRING');
  const usesEntraId = partOf(signIn ?? '', 'Authorization')?.toUpperCase() === 'AAD';
  if (signIn !== undefined && !usesEntraId)
    reader.problems.push(
      'APPLICATIONINSIGHTS_AUTHENTICATION_STRING is not valid; expected "Authorization=AAD", or none',
    );
  if (connectionString === undefined) return undefined;
  const hasKey = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(instrumentationKeyOf(connectionString));
  const endpoint = partOf(connectionString, 'IngestionEndpoint') ?? DEFAULT_ENDPOINT;
  if (!hasKey || URL.parse(endpoint)?.protocol !== 'https:')
    reader.problems.push(`APPLICATIONINSIGHTS_CONNECTION_STRING is not valid; expected ${CONNECTION_STRING}`);
  return { connectionString, entraScope: usesEntraId ? scopeOf(connectionString) : undefined };
}

function scopeOf(connectionString: string): string {
  const audience = partOf(connectionString, 'AADAudience') ?? DEFAULT_AUDIENCE;
  return `${audience.replace(/\/+(?:\.default)?$/, '')}/.default`;
}

/** Returns the address that receives spans and metrics. */
export function ingestionEndpointOf(connectionString: string): URL {
  return new URL(partOf(connectionString, 'IngestionEndpoint') ?? DEFAULT_ENDPOINT);
}

/** Returns the key that identifies the resource. */
export function instrumentationKeyOf(connectionString: string): string {
  return partOf(connectionString, 'InstrumentationKey') ?? '';
}

/** Returns the value of `name=value` between semicolons. */
function partOf(text: string, name: string): string | undefined {
  return new RegExp(`(?:^|;)\\s*${name}\\s*=([^;]*)`, 'i').exec(text)?.[1]?.trim();
}
