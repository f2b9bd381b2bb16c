import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between the bot and PostgreSQL that observes and holds statements. */
export interface PostgresRelay extends AsyncDisposable {
  /** The address of a database behind the relay. */
  addressOf(url: string): string;
}

/** A statement on its way to the server, or its answer on its way back. */
export interface Statement {
  /** The same object for all statements of one connection. */
  readonly connection: object;
  readonly sql: string;
  /** The raw parameters, in Latin-1; in an answer the raw rows. */
  readonly values: string;
  readonly rows: string;
}

/** Observes and holds statements. A held statement of a client that disconnects does not reach the server. */
export interface StatementWatch {
  before?(statement: Statement): Promise<unknown> | undefined;
  /** Also called for a disconnected client, for what it had sent. */
  after?(statement: Statement): Promise<unknown> | undefined;
}

export async function startPostgresRelay(port: number, watch: StatementWatch): Promise<PostgresRelay> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // With Nagle's algorithm, small messages would wait for acknowledgements.
      socket.setNoDelay();
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    // The server executes what was sent before, and the relay sees the answer.
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
    relay(client, upstream, watch);
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const own = (server.address() as AddressInfo).port;
  return {
    addressOf: (url) => url.replace(`:${port}/`, `:${own}/`),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/**
 * Forwards protocol messages one after another. `pg` sends the next statement of a connection when the previous one is
 * answered: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function relay(client: Socket, upstream: Socket, { before, after }: StatementWatch): void {
  const connection = {};
  const texts = new Map<string, string>();
  let current: (Statement & { rows: string }) | undefined;

  function begin(sql: string, values: string): Promise<unknown> | undefined {
    current = { connection, sql, values, rows: '' };
    return before?.(current);
  }

  passOn(client, upstream, 0, (type, body) => {
    const nameAt = type === 'B' ? body.indexOf(0) + 1 : 0;
    const end = body.indexOf(0, nameAt);
    const name = body.toString('latin1', nameAt, end);
    if (type === 'P') texts.set(name, body.toString('utf8', end + 1, body.indexOf(0, end + 1)));
    if (type === 'B') return begin(texts.get(name) ?? '', body.toString('latin1', end + 1));
    return type === 'Q' ? begin(body.toString('utf8', 0, end), '') : undefined;
  });
  passOn(upstream, client, 1, (type, body) => {
    if (type === 'D' && current !== undefined) current.rows += body.toString('latin1');
    if (type !== 'Z' || current === undefined) return undefined;
    const answered = current;
    current = undefined;
    return after?.(answered);
  });
}

const LENGTH_BYTES = 4;

/** `typeBytes`: the size of the first message's type, which a client's first message does not have. */
function passOn(
  from: Socket,
  to: Socket,
  typeBytes: 0 | 1,
  see: (type: string, body: Buffer) => Promise<unknown> | undefined,
): void {
  let rest: Buffer = Buffer.alloc(0);
  let skipped: number = typeBytes;
  let last: Promise<unknown> = Promise.resolve();
  async function pass(chunk: Buffer): Promise<void> {
    rest = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.byteLength >= skipped + LENGTH_BYTES) {
      const end = skipped + rest.readInt32BE(skipped);
      if (rest.byteLength < end) return;
      const message = rest.subarray(0, end);
      rest = rest.subarray(end);
      const type = message.toString('latin1', 0, skipped);
      const held = see(type, message.subarray(skipped + LENGTH_BYTES));
      skipped = 1;
      if (held !== undefined) await held;
      if (held !== undefined && from.destroyed) return;
      if (!to.destroyed) to.write(message);
    }
  }
  from.on('data', (chunk) => {
    last = last.then(() => pass(chunk));
  });
}
