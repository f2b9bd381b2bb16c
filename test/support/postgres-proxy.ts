import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between the bot and PostgreSQL that breaks connections and loses answers to COMMIT when a test wants it. */
export interface PostgresProxy extends AsyncDisposable {
  /** The address of a database by way of the proxy. */
  addressOf(url: string): string;
  /** The next COMMIT is done, and its connection breaks instead of an answer. */
  loseNextCommit(): void;
  /** How many answers were lost. */
  readonly lostCount: number;
  /** How many connections the bot has open. */
  readonly openCount: number;
  /** Breaks all connections that are open now. */
  cut(): void;
}

/** What tells a COMMIT on the wire, after its first time on a connection: the name of the prepared statement. */
const COMMIT_NAME = createHash('sha256').update('COMMIT').digest('base64url');

export async function startPostgresProxy(port: number): Promise<PostgresProxy> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let isLosing = false;
  let lostCount = 0;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    clients.add(client);
    let isLost = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        clients.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (isLosing && chunk.includes(COMMIT_NAME)) {
        isLosing = false;
        isLost = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!isLost) return client.write(chunk);
      lostCount += 1;
      return client.destroy();
    });
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const own = (server.address() as AddressInfo).port;
  return {
    addressOf: (url) => url.replace(`:${port}/`, `:${own}/`),
    loseNextCommit() {
      isLosing = true;
    },
    get lostCount() {
      return lostCount;
    },
    get openCount() {
      return clients.size;
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
    },
  };
}
