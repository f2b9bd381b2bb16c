import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTick } from 'node:timers/promises';
import { Gathered } from '../realtime/gathered.ts';
import { azuriteSignature, connectionStringOf } from './azurite.ts';

/** One request to the storage. */
export interface StorageRequest {
  readonly method: string;
  /** The encoded path of the URL: `/<account>/<container>/<blob>`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/**
 * The fate of a request. Undefined: Azurite answers it. `dropRequest`: the connection breaks before Azurite sees it.
 * `dropResponse`: Azurite executes it, then the connection breaks instead of an answer. `hang`: no answer.
 */
export type StorageFate =
  | undefined
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | 'dropRequest'
  | 'dropResponse'
  | 'hang';

export type StorageRule = (request: StorageRequest) => StorageFate;

/** A faulty network between the bot and Azurite. */
export interface StorageProxy extends AsyncDisposable {
  readonly url: string;
  readonly connectionString: string;
  /** Every request, in the order of arrival. */
  readonly requests: readonly StorageRequest[];
  rule: StorageRule;
  /** Resolves with the first matching request, past ones included, as soon as it arrives. */
  whenRequest(matches: (request: StorageRequest) => boolean): Promise<StorageRequest>;
  /** Breaks all connections and stops listening. */
  cut(): Promise<void>;
  /** Listens again on the same port. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

/** An error of Azure Storage, with its code in body and header. */
export function storageError(status: number, code: string): StorageFate {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return { status, body, headers: { 'x-ms-error-code': code, 'content-type': 'application/xml' } };
}

/** Long, so that no request is sent on a connection that is being closed. */
const KEEP_ALIVE_MS = 60_000;

/**
 * Starts a proxy in front of Azurite. Signatures stay valid, since they cover the path and not the host. Requests with
 * any bearer token are accepted, as with Entra ID.
 */
export async function startStorageProxy(azuriteUrl: string): Promise<StorageProxy> {
  const { hostname, port: azuritePort, pathname } = new URL(azuriteUrl);
  const agent = new Agent({ keepAlive: true });
  const requests = new Gathered<StorageRequest>();
  const signature = azuriteSignature();

  function forward(
    incoming: IncomingMessage,
    body: Buffer,
    give: (answer: IncomingMessage) => void,
    fail: () => void,
    isAgain = false,
  ): void {
    const { method, url = '', headers: given } = incoming;
    const { authorization, ...others } = given;
    const hasToken = authorization?.startsWith('Bearer ') === true;
    const path = hasToken ? `${url}${url.includes('?') ? '&' : '?'}${signature}` : url;
    const headers = hasToken ? others : given;
    const outgoing = request({ hostname, port: azuritePort, method, path, headers, agent }, give);
    // Azurite may close an idle connection just as it is used again.
    const again = () => forward(incoming, body, give, fail, true);
    outgoing.on('error', () => (outgoing.reusedSocket && !isAgain ? again() : fail()));
    outgoing.end(body);
  }

  function apply(fate: StorageFate, incoming: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const broken = (): void => {
      incoming.socket.destroy();
    };
    const pass = (answer: IncomingMessage) => {
      const { statusCode: status = 500, rawHeaders } = answer.on('error', broken);
      response.writeHead(status, rawHeaders);
      answer.pipe(response);
    };
    if (fate === undefined) forward(incoming, body, pass, broken);
    else if (fate === 'dropRequest') broken();
    else if (fate === 'dropResponse') forward(incoming, body, (answer) => answer.resume().on('end', broken), broken);
    else if (fate !== 'hang') {
      // Not chained: restify replaces `writeHead` of all responses in the process, and its version returns nothing.
      response.writeHead(fate.status, fate.headers);
      response.end(incoming.method === 'HEAD' ? undefined : fate.body);
    }
  }

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const { method = '', url: target = '', headers } = incoming;
    const [path = '', query = ''] = target.split('?', 2);
    const received: StorageRequest = { method, path, query: new URLSearchParams(query), headers };
    requests.add(received);
    apply(proxy.rule(received), incoming, body, response);
  });

  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });

  async function cut(): Promise<void> {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    // Clients in this process learn of it in the next turns of the event loop, and would still use their connections.
    for (let round = 0; round < 3; round++) await nextTick();
  }

  async function close(): Promise<void> {
    await cut();
    agent.destroy();
  }

  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}${pathname}`;
  const proxy: StorageProxy = {
    url,
    connectionString: connectionStringOf(url),
    requests: requests.all,
    rule: () => undefined,
    whenRequest: (matches) => requests.first(matches),
    cut,
    restore: () => listen(port),
    close,
    [Symbol.asyncDispose]: close,
  };
  return proxy;
}
