import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PostgresFrames, type Statement } from './postgres-frames.ts';

/**
 * The fate of a statement. `dropResponse`: it is executed, then its connection breaks instead of an answer.
 * `dropRequestAndNetwork`: the network is cut before it arrives. `dropResponseAndNetwork`: it is executed, and the
 * network is cut instead of an answer. `hangAll`: nothing arrives any more on any connection, and none ends.
 */
export type Fate = 'pass' | 'dropResponse' | 'dropRequestAndNetwork' | 'dropResponseAndNetwork' | 'hangAll';

/** A faulty network between the bot and PostgreSQL. */
export interface PostgresProxy extends AsyncDisposable {
  /** The address of a database behind the proxy. */
  addressOf(url: string): string;
  /** All statements of the bot, in order. */
  readonly statements: readonly Statement[];
  /** Called once for each statement. */
  rule: (statement: Statement) => Fate;
  /** Resolves with the next matching statement. */
  next(fits: (statement: Statement) => boolean): Promise<Statement>;
  /** How many answers were lost. */
  readonly lostCount: number;
  /** How many connections the bot has open. */
  readonly openCount: number;
  /** Ends all connections, and refuses new ones. */
  cut(): void;
  /** Ends the connections with a matching statement. */
  break(fits: (statement: Statement) => boolean): void;
  restore(): void;
}

interface Link {
  readonly statements: readonly Statement[];
  close(): void;
}

export async function startPostgresProxy(port: number): Promise<PostgresProxy> {
  const links = new Set<Link>();
  const statements: Statement[] = [];
  const waiting = new Set<(statement: Statement) => void>();
  let state: 'open' | 'cut' | 'hanging' = 'open';
  let held: (() => void)[] = [];
  let lostCount = 0;
  let count = 0;

  /** Runs `work` now; while the network hangs, once it is restored. */
  function unlessHanging(work: () => void): void {
    if (state === 'hanging') held.push(work);
    else work();
  }

  function cut(): void {
    state = 'cut';
    held = [];
    for (const link of links) link.close();
  }

  function onClient(client: Socket): void {
    if (state === 'cut') return void client.destroy();
    const upstream = connect(port, '127.0.0.1');
    const link = { statements: [] as Statement[], close: () => void [client, upstream].map((each) => each.destroy()) };
    links.add(link);
    const frames = new PostgresFrames(++count);
    let fate: Fate = 'pass';
    for (const socket of [client, upstream]) {
      socket.on('error', () => {});
      socket.on('close', () => unlessHanging(link.close));
    }
    client.on('close', () => links.delete(link));
    client.on('data', (chunk) => {
      for (const statement of frames.read(chunk)) {
        statements.push(statement);
        link.statements.push(statement);
        for (const look of waiting) look(statement);
        if (fate === 'pass') fate = proxy.rule(statement);
      }
      if (fate === 'hangAll') {
        fate = 'pass';
        state = 'hanging';
      }
      if (fate === 'dropRequestAndNetwork') cut();
      else unlessHanging(() => void upstream.write(chunk));
    });
    upstream.on('data', (chunk) => {
      if (fate === 'pass') return unlessHanging(() => void client.write(chunk));
      lostCount += 1;
      if (fate === 'dropResponseAndNetwork') cut();
      else link.close();
    });
  }

  const server = createServer(onClient);
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const own = (server.address() as AddressInfo).port;
  const proxy: PostgresProxy = {
    addressOf: (url) => url.replace(`:${port}/`, `:${own}/`),
    statements,
    rule: () => 'pass',
    next: (fits) =>
      new Promise((resolve) => {
        const look = (statement: Statement) => {
          if (!fits(statement)) return;
          waiting.delete(look);
          resolve(statement);
        };
        waiting.add(look);
      }),
    get lostCount() {
      return lostCount;
    },
    get openCount() {
      return links.size;
    },
    cut,
    break(fits) {
      for (const link of links) if (link.statements.some(fits)) link.close();
    },
    restore() {
      state = 'open';
      for (const work of held.splice(0)) work();
    },
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
    },
  };
  return proxy;
}
