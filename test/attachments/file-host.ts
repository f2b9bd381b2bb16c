import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gathered, inTime } from '../realtime/gathered.ts';

/** A file host on this machine. */
export interface FileHost extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The requests, in the order of arrival. */
  readonly seen: Gathered<IncomingMessage>;
  /** The response to each request. */
  rule: (request: IncomingMessage, response: ServerResponse, count: number) => void;
  /** The number of connections so far. */
  readonly connections: number;
  /** Resolves once all connections are closed. */
  whenLeft(): Promise<void>;
}

export async function startFileHost(rule: FileHost['rule']): Promise<FileHost> {
  const seen = new Gathered<IncomingMessage>();
  let connections = 0;
  let isOpen = 0;
  const server = createServer((request, response) => {
    seen.add(request);
    host.rule(request, response, seen.all.length);
  });
  server.on('connection', (socket) => {
    connections++;
    isOpen++;
    socket.on('close', () => {
      isOpen--;
      server.emit('left');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host: FileHost = {
    url: `http://127.0.0.1:${port}/file`,
    port,
    seen,
    rule,
    get connections() {
      return connections;
    },
    async whenLeft() {
      while (isOpen > 0) await inTime(once(server, 'left'));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return host;
}
