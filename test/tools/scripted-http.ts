import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RpcMessage, ScriptedMcp } from './scripted-mcp.ts';

export interface McpRequest {
  readonly method: string | undefined;
  readonly id: RpcMessage['id'];
  readonly rpc: string | undefined;
  readonly params: RpcMessage['params'];
  readonly headers: IncomingHttpHeaders;
}

/** Answers in place of the server; returns false to let the server answer. */
export type Interceptor = (request: McpRequest, response: ServerResponse) => boolean;

/** The scripted server over streamable HTTP, with sessions. */
export interface ScriptedHttp extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly McpRequest[];
  intercept: Interceptor;
  /** As a restarted server: requests of the present sessions are answered with this status. */
  loseSessions(status: number): void;
}

/** `tools`: its list, which a test may change; default: a tool of each kind. */
export async function startScriptedHttp(tools?: unknown[]): Promise<ScriptedHttp> {
  const mcp = new ScriptedMcp(tools);
  const requests: McpRequest[] = [];
  const sessions = new Set<string>();
  let count = 0;
  let lostStatus = 404;
  const server = createServer(async (request, response) => {
    const message = request.method === 'POST' ? await readMessage(request) : undefined;
    const received = {
      method: request.method,
      id: message?.id,
      rpc: message?.method,
      params: message?.params,
      headers: request.headers,
    };
    requests.push(received);
    if (scripted.intercept(received, response)) return;
    if (message === undefined) {
      answerWith(response, 405);
      return;
    }
    const session = request.headers['mcp-session-id'];
    if (session !== undefined && !sessions.has(String(session))) {
      answerWith(response, lostStatus);
      return;
    }
    if (message.method === 'initialize') {
      sessions.add(`session-${++count}`);
      response.setHeader('mcp-session-id', `session-${count}`);
    }
    answer(response, mcp, message);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const scripted: ScriptedHttp = {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    requests,
    intercept: () => false,
    loseSessions(status) {
      lostStatus = status;
      sessions.clear();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
  };
  return scripted;
}

async function readMessage(request: IncomingMessage): Promise<RpcMessage> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as RpcMessage;
}

function answer(response: ServerResponse, mcp: ScriptedMcp, message: RpcMessage): void {
  const reaction = mcp.react(message);
  if (reaction === 'hang') return;
  if (reaction === 'exit') return void response.destroy();
  response.setHeader('content-type', 'application/json');
  if (reaction === 'garbage') return void response.end('{"jsonrpc":"2.0","id":');
  const [first] = reaction;
  if (first === undefined) answerWith(response, 202);
  else response.end(JSON.stringify(first));
}

/** Answers with a status. In a process with restify, `writeHead` does not return the response. */
export function answerWith(response: ServerResponse, status: number, body = ''): void {
  response.statusCode = status;
  response.end(body);
}
