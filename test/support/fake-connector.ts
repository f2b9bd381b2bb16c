import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request of the bot to the channel. */
export interface ConnectorCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests inspect arbitrary JSON.
  readonly body: any;
}

/** Decides the response to a request. Undefined: 200 with an id. */
export type ConnectorRule = (
  call: ConnectorCall,
  response: ServerResponse,
) => { status: number; headers?: Record<string, string>; body?: unknown } | 'handled' | undefined;

export interface FakeConnector extends AsyncDisposable {
  readonly url: string;
  /** Every call, in the order of arrival. */
  readonly calls: readonly ConnectorCall[];
  /** The accepted messages, without typing activities. */
  readonly messages: readonly ConnectorCall[];
  rule: ConnectorRule;
  /** Resolves with the first matching call, past ones included. */
  when(matches: (call: ConnectorCall) => boolean): Promise<ConnectorCall>;
  /** Resolves when `count` messages were accepted. */
  whenMessages(count: number): Promise<readonly ConnectorCall[]>;
  close(): Promise<void>;
}

/** The connector service of a channel on a real socket. By default it accepts everything. */
export async function startFakeConnector(): Promise<FakeConnector> {
  const calls: ConnectorCall[] = [];
  const messages: ConnectorCall[] = [];
  const waiters = new Set<() => void>();
  let nextId = 1;

  const server = createServer(async (request, response) => {
    const call = await readCall(request);
    calls.push(call);
    const result = connector.rule(call, response);
    const isAccepted = result === undefined || (result !== 'handled' && result.status < 300);
    if (isAccepted && call.body?.type === 'message') messages.push(call);
    for (const wake of waiters) wake();
    if (result === 'handled') return;
    const { status = 200, headers = {}, body = { id: `sent-${nextId++}` } } = result ?? {};
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(status === 204 ? undefined : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function waitFor<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const check = () => {
        const found = look();
        if (found === undefined) return;
        waiters.delete(check);
        resolve(found);
      };
      waiters.add(check);
      check();
    });
  }

  async function close(): Promise<void> {
    if (!server.listening) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  const connector: FakeConnector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    messages,
    rule: () => undefined,
    when: (matches) => waitFor(() => calls.find(matches)),
    whenMessages: (count) => waitFor(() => (messages.length >= count ? messages : undefined)),
    close,
    [Symbol.asyncDispose]: close,
  };
  return connector;
}

async function readCall(request: IncomingMessage): Promise<ConnectorCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { method = '', url = '', headers } = request;
  return { method, path: url, authorization: headers.authorization, body: text === '' ? undefined : JSON.parse(text) };
}
