import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientOptions } from 'ws';
import type { ModelEndpoint } from '../config/config.ts';
import type { ProxySettings } from '../config/proxy-settings.ts';
import { bareHost, connectThrough, portOf, proxyFor } from '../proxy.ts';

/** Gets an access token; called for every connection. It may throw or hang. */
export type TokenProvider = () => Promise<string>;

/** Signs in to Entra ID by environment variables, workload or managed identity, or the login of a developer. */
export function entraIdTokens(scope: string): TokenProvider {
  let provider: TokenProvider | undefined;
  return async () => {
    const { DefaultAzureCredential, getBearerTokenProvider } = await import('@azure/identity');
    provider ??= getBearerTokenProvider(new DefaultAzureCredential(), scope);
    return provider();
  };
}

/** Loads the libraries of a connection, a third of all code, so that the first user does not wait for them. */
export async function preloadClient({ kind }: ModelEndpoint): Promise<void> {
  await import('openai/realtime/ws');
  if (kind === 'azureEntraId') await import('@azure/identity');
}

/** The base address of the endpoint. Without an api-version: the GA address is `<base>/realtime?model=<deployment>`. */
export function baseUrlOf(endpoint: ModelEndpoint): string {
  return endpoint.kind === 'openai' ? endpoint.baseUrl : `${endpoint.endpoint}/openai/v1`;
}

/** The options of sockets to the endpoint. */
export function socketOptions(endpoint: ModelEndpoint, proxy: ProxySettings | undefined): ClientOptions {
  // The client library would send the key as a bearer token; Azure accepts it only in `api-key`.
  const headers = endpoint.kind === 'azureKey' ? { 'api-key': endpoint.apiKey, Authorization: null } : {};
  return { headers: headers as Record<string, string>, ...socketFor(new URL(baseUrlOf(endpoint)), proxy) };
}

/** ws cannot cancel a tunnel that is being opened, so it has a limit of its own. */
const TUNNEL_LIMIT_MS = 10_000;

/** Creates the socket below the WebSocket where ws itself cannot: through a proxy, or without TLS. */
function socketFor(address: URL, settings: ProxySettings | undefined): Pick<ClientOptions, 'createConnection'> {
  // The client library speaks wss only: for `http://`, which is a loopback host, a plain socket replaces TLS.
  if (address.protocol === 'http:') {
    return { createConnection: () => net.connect({ host: bareHost(address), port: portOf(address) }) };
  }
  const proxy = proxyFor(address, settings);
  if (proxy === undefined) return {};
  const createConnection = (_options: unknown, done: (err: unknown, socket?: TLSSocket) => void) => {
    connectThrough(proxy, address, AbortSignal.timeout(TUNNEL_LIMIT_MS)).then((socket) => done(null, socket), done);
  };
  // Node also accepts the socket through this callback; the types of ws declare only the synchronous form.
  return { createConnection: createConnection as unknown as NonNullable<ClientOptions['createConnection']> };
}
