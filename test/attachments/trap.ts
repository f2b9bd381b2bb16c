import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, isIP, type Socket } from 'node:net';
import { type Connect, connectTo, type Lookup } from '../../src/attachments/connection.ts';
import { type FetchDeps, INTERNET } from '../../src/attachments/safe-fetch.ts';
import { systemClock } from '../../src/clock.ts';
import { createLogger } from '../../src/log.ts';
import { inTime } from '../realtime/gathered.ts';

/** Public addresses on a network where only the test's own routes lead anywhere. */
export const PUBLIC_V4 = '93.184.215.14';
export const PUBLIC_V6 = '2606:2800:21f:cb07:6820:80da:af6b:8b2c';

/** A server that must never be reached. */
export interface Trap extends AsyncDisposable {
  readonly port: number;
  /** The number of connections so far, including those in progress. */
  seen(): Promise<number>;
  /** Resolves as soon as something is sent to it. */
  whenHeard(): Promise<void>;
  /** Resolves once all connections are closed. */
  whenLeft(): Promise<void>;
}

/** Listens on a loopback address and sends nothing; `hear` gets what is sent to it. */
export async function startTrap(address = '127.0.0.1', hear: (chunk: Buffer) => void = () => {}): Promise<Trap> {
  const sockets = new Set<Socket>();
  const came: number[] = [];
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('data', (chunk) => {
      hear(chunk);
      server.emit('heard');
    });
    socket.on('close', () => {
      sockets.delete(socket);
      server.emit('left');
    });
    came.push(socket.remotePort ?? 0);
    server.emit('came');
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let own = 0;
  return {
    port,
    async seen() {
      const probe = connect(port, address);
      await once(probe, 'connect');
      // Connections arrive in the order in which they were made, so all earlier ones have arrived before this one.
      while (!came.includes(probe.localPort ?? -1)) await inTime(once(server, 'came'));
      probe.destroy();
      own++;
      return came.length - own;
    },
    async whenHeard() {
      await inTime(once(server, 'heard'));
    },
    async whenLeft() {
      while (sockets.size > 0) await inTime(once(server, 'left'));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A resolver with a list of answers for each name, one for each lookup; the last one repeats. */
export interface Names {
  readonly lookup: Lookup;
  readonly asked: readonly string[];
}

export function names(answers: Readonly<Record<string, readonly (readonly string[])[]>>): Names {
  const asked: string[] = [];
  const lookup: Lookup = async (name) => {
    const given = answers[name] ?? [];
    const answer = given[Math.min(asked.filter((other) => other === name).length, given.length - 1)];
    asked.push(name);
    await new Promise(setImmediate);
    if (answer === undefined) throw new Error(`getaddrinfo ENOTFOUND ${name}`);
    return answer.map(asAddress);
  };
  return { lookup, asked };
}

function asAddress(address: string): LookupAddress {
  return { address, family: isIP(address) };
}

/** A network in which every address leads to one port, and whose sockets report the requested address. */
export interface Network {
  readonly connect: Connect;
  /** The addresses of each connection, and its port. */
  readonly made: readonly string[];
}

export function networkTo(portOf: (address: string) => number, arrivesAt?: string): Network {
  const made: string[] = [];
  const connectThere: Connect = (addresses, port) => {
    const [first = asAddress('0.0.0.0')] = addresses;
    made.push(`${addresses.map(({ address }) => address).join(' ')} port ${port}`);
    const socket = connectTo([asAddress('127.0.0.1')], portOf(first.address));
    return Object.defineProperty(socket, 'remoteAddress', { get: () => arrivesAt ?? first.address });
  };
  return { connect: connectThere, made };
}

/** The other dependencies of a fetch. */
export function fetchDeps(deps: Partial<FetchDeps> = {}): FetchDeps {
  return { ...INTERNET, clock: systemClock, log: createLogger('silent'), ...deps };
}
