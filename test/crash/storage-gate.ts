import { Agent, createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectionStringOf } from '../support/azurite.ts';

/** One call to the storage. */
export interface StorageCall {
  readonly method: string;
  /** Without account, percent signs and query: `bot-state/pending/…`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Who watches the calls, and may hold them. */
export interface StorageWatcher {
  /** The call waits for this before it is done. */
  before(call: StorageCall): Promise<void> | undefined;
  /** It is done, with this status; its answer waits for this. */
  after(call: StorageCall, status: number): Promise<void> | undefined;
}

export interface StorageGate {
  readonly connectionString: string;
  readonly calls: ReadonlyMap<string, number>;
  /** How long Azurite took for a call at most, in milliseconds. */
  readonly slowestMs: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly rawHeaders: string[];
  readonly body: Buffer;
}

/**
 * A network before Azurite whose watcher sees what is written, and can hold a call before it is done, or its answer
 * after. What was held for a process that has died is not done.
 */
export async function startStorageGate(azuriteUrl: string, watcher: StorageWatcher): Promise<StorageGate> {
  const { hostname, port, pathname } = new URL(azuriteUrl);
  const agent = new Agent({ keepAlive: true });
  const calls = new Map<string, number>();
  let slowestMs = 0;

  function forward(incoming: IncomingMessage, body: Buffer, isAgain = false): Promise<Answer> {
    const { method, url: path, headers } = incoming;
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, method, path, headers, agent }, (answer) => {
        const { statusCode: status = 500, rawHeaders } = answer;
        bytesOf(answer).then((read) => resolve({ status, rawHeaders, body: read }), reject);
      });
      // Just as it was to be used again, Azurite has closed the idle connection.
      const again = () => forward(incoming, body, true).then(resolve, reject);
      outgoing.on('error', (error) => (outgoing.reusedSocket && !isAgain ? again() : reject(error))).end(body);
    });
  }

  const server = createServer(async (incoming, response) => {
    try {
      const body = await bytesOf(incoming);
      const call = callOf(incoming, body, pathname);
      calls.set(kindOf(call), (calls.get(kindOf(call)) ?? 0) + 1);
      await watcher.before(call);
      if (incoming.socket.destroyed) return;
      const startedMs = performance.now();
      const answer = await forward(incoming, body);
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      await watcher.after(call, answer.status);
      response.writeHead(answer.status, answer.rawHeaders);
      response.end(answer.body);
    } catch {
      incoming.socket.destroy();
    }
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`;
  return {
    connectionString: connectionStringOf(url),
    calls,
    get slowestMs() {
      return slowestMs;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

function callOf({ method = '', url = '', headers }: IncomingMessage, body: Buffer, account: string): StorageCall {
  const [path = '', query = ''] = url.split('?', 2);
  const inAccount = decodeURIComponent(path.slice(account.length + 1));
  return { method, path: inAccount, query: new URLSearchParams(query), headers, body };
}

/** What is counted: `PUT bot-state/pending`. */
function kindOf({ method, path, query }: StorageCall): string {
  const what = path.split('/').slice(0, 2).join('/');
  return `${method} ${path.startsWith('audio') ? 'audio' : what} ${query.get('comp') ?? ''}`.trim();
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
