import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { OpenAI } from 'openai';
import type { ClientOptions } from 'ws';
import type { ModelEndpoint } from '../config/config.ts';
import type { ProxySettings } from '../config/proxy-settings.ts';
import { bareHost, connectThrough, portOf, proxyFor } from '../proxy.ts';

/** Gives an access token; asked anew at every connect. It may throw, and it may hang. */
export type TokenProvider = () => Promise<string>;

/** The client library's own objects for one endpoint. */
export interface RealtimeTarget {
  readonly client: Pick<OpenAI, 'apiKey' | 'baseURL' | '_callApiKey'>;
  readonly model: string;
  readonly socketOptions: ClientOptions;
}

/** Entra ID: environment, workload or managed identity, or a developer's own login, whichever is there. */
export function entraIdTokens(scope: string): TokenProvider {
  let provider: TokenProvider | undefined;
  return async () => {
    provider ??= await loadTokenProvider(scope);
    return provider();
  };
}

/**
 * Loads what a first connection needs, which is a third of all that there is to load: so that the bot listens before,
 * and its first user does not wait for it.
 */
export async function preloadClient({ kind }: ModelEndpoint): Promise<void> {
  await import('openai/realtime/ws');
  if (kind === 'azureEntraId') await import('@azure/identity');
}

async function loadTokenProvider(scope: string): Promise<TokenProvider> {
  const { DefaultAzureCredential, getBearerTokenProvider } = await import('@azure/identity');
  return getBearerTokenProvider(new DefaultAzureCredential(), scope);
}

/** The GA address is `<endpoint>/openai/v1/realtime?model=<deployment>`, without an api-version. */
export function toRealtimeTarget(
  endpoint: ModelEndpoint,
  tokens: (scope: string) => TokenProvider,
  proxy?: ProxySettings,
): RealtimeTarget {
  switch (endpoint.kind) {
    case 'azureKey': {
      const baseURL = `${endpoint.endpoint}/openai/v1`;
      // The client would send the key as a bearer token; Azure wants it in `api-key` alone.
      const headers = { 'api-key': endpoint.apiKey, Authorization: null } as unknown as Record<string, string>;
      return target(baseURL, endpoint.apiKey, endpoint.model, { headers }, proxy);
    }
    case 'azureEntraId':
      return target(`${endpoint.endpoint}/openai/v1`, tokens(endpoint.scope), endpoint.model, {}, proxy);
    case 'openai':
      return target(endpoint.baseUrl, endpoint.apiKey, endpoint.model, {}, proxy);
  }
}

function target(
  baseURL: string,
  apiKey: string | TokenProvider,
  model: string,
  options: Pick<ClientOptions, 'headers'>,
  proxy: ProxySettings | undefined,
): RealtimeTarget {
  let whole: OpenAI | undefined;
  // Not the whole client: it would add OPENAI_CUSTOM_HEADERS of the environment, after and over our credentials.
  const client = {
    baseURL,
    get apiKey() {
      return whole?.apiKey ?? null;
    },
    async _callApiKey() {
      // `null` and not unset: unset would be read from OPENAI_ORG_ID and OPENAI_PROJECT_ID and sent along.
      whole ??= new (await import('openai')).OpenAI({ baseURL, apiKey, organization: null, project: null });
      return whole._callApiKey();
    },
  };
  return { client, model, socketOptions: { ...options, ...socketFor(baseURL, proxy) } };
}

type SocketMaker = Pick<ClientOptions, 'createConnection'>;

/** Makes the socket below the WebSocket unless ws can do so itself, with TLS to the host. */
function socketFor(baseURL: string, settings: ProxySettings | undefined): SocketMaker {
  const address = new URL(baseURL);
  const proxy = proxyFor(address, settings);
  if (address.protocol === 'http:') return plainSocket(address);
  return proxy === undefined ? {} : tunnelSocket(proxy, address);
}

/**
 * The client library speaks wss only. For `http://` (a loopback host, by configuration) the socket below is made
 * a plain one.
 */
function plainSocket(address: URL): SocketMaker {
  return { createConnection: () => net.connect({ host: bareHost(address), port: portOf(address) }) };
}

/** ws cannot cancel a tunnel that is still being opened, so it has a limit of its own. */
const TUNNEL_LIMIT_MS = 10_000;

function tunnelSocket(proxy: ProxySettings, address: URL): SocketMaker {
  const createConnection = (_options: unknown, done: (err: unknown, socket?: TLSSocket) => void) => {
    const signal = AbortSignal.timeout(TUNNEL_LIMIT_MS);
    connectThrough(proxy, address, signal).then((socket) => done(null, socket), done);
  };
  // Node also takes the socket later, through this callback; the types of ws declare only the synchronous form.
  return { createConnection: createConnection as unknown as NonNullable<SocketMaker['createConnection']> };
}
