import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificate.ts';

/** A request to the proxy. */
export interface Tunnel {
  /** The requested host and port. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** An HTTP proxy that maps all hosts to ports of this machine: the only route out. */
export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** In the order of arrival. */
  readonly tunnels: readonly Tunnel[];
  /**
   * The port behind a target such as `example.com:443`, or the status that refuses it; `hang` = no answer at all,
   * `reset` = the tunnel breaks as soon as it is open.
   */
  rule: (target: string) => number | { readonly status: number } | 'hang' | 'reset';
  /** Resolves once all connections are closed. */
  whenLeft(): Promise<void>;
}

/** With a certificate the proxy itself uses TLS. */
export async function startConnectProxy(rule: ConnectProxy['rule'], certificate?: Certificate): Promise<ConnectProxy> {
  const tunnels: Tunnel[] = [];
  const sockets = new Set<Duplex>();
  const server = certificate === undefined ? createServer() : createTlsServer({ ...certificate });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => {
      sockets.delete(socket);
      server.emit('left');
    });
  });
  server.on('connect', ({ url = '', headers }, client: Duplex, head: Buffer) => {
    client.on('error', () => {});
    tunnels.push({ target: url, headers });
    const fate = proxy.rule(url);
    if (fate === 'hang') return void client.resume().on('end', () => client.end());
    if (fate === 'reset') {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      return void client.once('data', () => (client as Socket).resetAndDestroy());
    }
    if (typeof fate !== 'number') return void client.end(`HTTP/1.1 ${fate.status} Refused\r\n\r\n`);
    const behind = connect(fate, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      behind.write(head);
      behind.pipe(client).pipe(behind);
    });
    behind.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => behind.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: ConnectProxy = {
    url: `http${certificate === undefined ? '' : 's'}://127.0.0.1:${port}`,
    port,
    tunnels,
    rule,
    async whenLeft() {
      while (sockets.size > 0) await once(server, 'left');
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
