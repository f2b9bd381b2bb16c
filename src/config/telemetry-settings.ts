import type { EnvReader } from './env.ts';

/** Where spans and metrics go. */
export type TelemetrySettings =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'azureMonitor';
      readonly connectionString: string;
      /** Signs in with Entra ID (the role "Monitoring Metrics Publisher"); else the key in the connection string serves. */
      readonly usesEntraId: boolean;
    };

const CONNECTION_STRING =
  'the connection string of an Application Insights resource, "InstrumentationKey=...;IngestionEndpoint=https://..."';

/** Reads them; what is wrong goes to the reader's problems, without the connection string. */
export function readTelemetry(read: EnvReader): TelemetrySettings {
  const connectionString = read.text('APPLICATIONINSIGHTS_CONNECTION_STRING');
  // The name and form are App Service's own; the client id in it is that of AZURE_CLIENT_ID.
  const signIn = read.text('APPLICATIONINSIGHTS_AUTHENTICATION_STRING');
  const usesEntraId = signIn !== undefined && /(^|;)\s*Authorization\s*=\s*AAD\s*(;|$)/i.test(signIn);
  if (signIn !== undefined && !usesEntraId)
    read.problems.push(
      'APPLICATIONINSIGHTS_AUTHENTICATION_STRING cannot be used; expected "Authorization=AAD", or none',
    );
  if (connectionString === undefined) return { kind: 'none' };
  if (!isConnectionString(connectionString))
    read.problems.push(`APPLICATIONINSIGHTS_CONNECTION_STRING cannot be used; expected ${CONNECTION_STRING}`);
  return { kind: 'azureMonitor', connectionString, usesEntraId };
}

/** https://learn.microsoft.com/azure/azure-monitor/app/connection-strings */
const DEFAULT_ENDPOINT = 'https://dc.services.visualstudio.com';

/** Where a connection string that was read has spans and metrics sent. */
export function ingestionEndpointOf(connectionString: string): URL {
  return new URL(fieldsIn(connectionString).get('ingestionendpoint') ?? DEFAULT_ENDPOINT);
}

/** By which a resource knows what is its own. */
export function instrumentationKeyOf(connectionString: string): string {
  return fieldsIn(connectionString).get('instrumentationkey') ?? '';
}

function isConnectionString(text: string): boolean {
  const fields = fieldsIn(text);
  const hasKey = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(fields.get('instrumentationkey') ?? '');
  const endpoint = fields.get('ingestionendpoint');
  return hasKey && (endpoint === undefined || (URL.canParse(endpoint) && endpoint.startsWith('https:')));
}

function fieldsIn(text: string): ReadonlyMap<string, string> {
  return new Map(text.split(';').map((field) => splitAtFirst(field, '=')));
}

function splitAtFirst(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? ['', text] : [text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim()];
}
