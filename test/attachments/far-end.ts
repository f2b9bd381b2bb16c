import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { FetchRules } from '../../src/config/allowed-hosts.ts';
import { inTime } from '../realtime/gathered.ts';
import type { Certificate } from '../support/certificate.ts';
import { PUBLIC_V4, PUBLIC_V6, startTrap, type Trap } from './trap.ts';

const PROCESS = fileURLToPath(new URL('./fetch-process.ts', import.meta.url));

/** What to fetch, in a network with these names. */
export interface Order {
  readonly url: string;
  readonly rules: FetchRules;
  readonly maxBytes: number;
  /** See `names`. */
  readonly resolves: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** The addresses of the server. */
  readonly serverAt: readonly string[];
  readonly key: { readonly serviceUrl: string; readonly token: string } | undefined;
}

export type Outcome =
  | { readonly text: string }
  | { readonly code: string | undefined; readonly message: string; readonly cause: string | undefined };

/** The result of an order. */
export interface Report {
  readonly outcome: Outcome;
  /** The names that were looked up. */
  readonly asked: readonly string[];
  /** The connections that were made; see `networkTo`. */
  readonly made: readonly string[];
  /** The waiting times in between, in milliseconds; the test does not really wait. */
  readonly waitedMs: readonly number[];
}

/** A request at the server. */
export interface Seen {
  readonly host: string | undefined;
  /** The server name in the TLS handshake. */
  readonly servername: unknown;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Hosts on the internet, all of them one TLS server, and a fetching process whose environment names the trap as its
 * proxy.
 */
export interface FarEnd extends AsyncDisposable {
  /** The trap, to which every other address leads. */
  readonly trap: Trap;
  /** The requests since the last order. */
  readonly seen: readonly Seen[];
  /** The response to each request. */
  rule: (seen: Seen, response: ServerResponse) => void;
  fetch(order: Partial<Order>): Promise<Report>;
}

/** Hosts on the allow list, and one that is not on it but also exists. */
const HOSTS = ['files.good.test', 'other.good.test', 'service.good.test', 'evil.bad.test'];
/** The names in the certificate. */
export const CERTIFIED = ['*.good.test', '*.bad.test'] as const;

export async function startFarEnd(certificate: Certificate): Promise<FarEnd> {
  const trap = await startTrap();
  const seen: Seen[] = [];
  const server = createServer({ ...certificate }, ({ headers, url, socket }, response) => {
    const { servername } = socket as TLSSocket;
    const one = { host: headers.host, servername, url, headers };
    seen.push(one);
    farEnd.rule(one, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy = `http://127.0.0.1:${trap.port}`;
  const proxies = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy, NO_PROXY: '' };
  const env = { ...process.env, ...proxies, NODE_EXTRA_CA_CERTS: certificate.certPath };
  const child = fork(PROCESS, [String(port), String(trap.port)], { env });

  const farEnd: FarEnd = {
    trap,
    seen,
    rule: (_, response) => response.end('a file'),
    async fetch(order) {
      seen.length = 0;
      const whole: Order = {
        url: 'https://files.good.test/file',
        rules: { hosts: [{ host: '*.good.test' }], allowLoopback: false },
        maxBytes: 1_000,
        resolves: {},
        serverAt: [PUBLIC_V4, PUBLIC_V6],
        key: undefined,
        ...order,
      };
      const everywhere = Object.fromEntries(HOSTS.map((host) => [host, [[PUBLIC_V4]]]));
      child.send({ ...whole, resolves: { ...everywhere, ...whole.resolves } });
      const [report] = await inTime(once(child, 'message'));
      return report;
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, 'exit');
      server.closeAllConnections();
      server.close();
      await trap[Symbol.asyncDispose]();
    },
  };
  return farEnd;
}

/** Redirects to these addresses in turn, and then responds with a file. */
export function redirecting(...places: readonly string[]): FarEnd['rule'] {
  let count = 0;
  return (_, response) => {
    const location = places[count++];
    if (location === undefined) response.end('a file');
    else {
      response.writeHead(302, { location });
      response.end();
    }
  };
}
