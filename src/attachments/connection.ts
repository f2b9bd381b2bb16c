import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import type { FetchRules } from '../config/allowed-hosts.ts';
import type { ProxySettings } from '../config/proxy-settings.ts';
import { AttachmentError } from '../errors.ts';
import { bareHost, connectThrough, portOf, proxyFor, secured } from '../proxy.ts';
import { kindOfAddress } from './addresses.ts';
import type { AllowedUrl } from './allowed-url.ts';

/** Finds the addresses of a name; `dns.lookup` is one. */
export type Lookup = (
  hostname: string,
  options: { all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** Opens a connection to one of these addresses, and to nothing else; `connectTo` is the real one. */
export type Connect = (addresses: readonly LookupAddress[], port: number) => Socket;

/** What a connection takes. */
export interface ConnectionDeps {
  readonly lookup: Lookup;
  readonly connect: Connect;
  /** Used for every host but this machine; unset = connect directly. */
  readonly proxy?: ProxySettings | undefined;
}

/** The platform's own choice among addresses that are known: the quicker of IPv4 and IPv6, without a second look-up. */
export const connectTo: Connect = (addresses, port) => {
  const lookup = (_name: string, _options: object, done: (error: null, found: LookupAddress[]) => void) =>
    done(null, [...addresses]);
  return connect({ host: 'found-before', port, autoSelectFamily: true, lookup });
};

/**
 * Runs `use` on a connection of its own to a destination, with TLS for https, and closes it thereafter; `signal` closes
 * it at once. The name is looked up once. An address of it that is not allowed refuses them all, and nothing is sent
 * before the connection itself was seen to lead to an allowed one. Behind a proxy no name is looked up here, since a
 * closed network may have no DNS for it: the proxy gets a host that the rules allow, at port 443, and decides itself
 * which addresses it connects to. Rejects with an AttachmentError (`address_refused`), a ProxyError, or with what
 * looking up, the connection, TLS or `use` fails with.
 */
export async function withConnection<T>(
  destination: AllowedUrl,
  rules: FetchRules,
  deps: ConnectionDeps,
  signal: AbortSignal,
  use: (socket: Socket) => Promise<T>,
): Promise<T> {
  const proxy = destination.isLocal ? undefined : proxyFor(destination.url, deps.proxy);
  if (proxy === undefined) return withDirectConnection(destination, rules, deps, signal, use);
  const socket = addAbortSignal(signal, await connectThrough(proxy, destination.url, signal));
  try {
    return await use(socket);
  } finally {
    socket.destroy();
  }
}

async function withDirectConnection<T>(
  destination: AllowedUrl,
  rules: FetchRules,
  { lookup, connect }: ConnectionDeps,
  signal: AbortSignal,
  use: (socket: Socket) => Promise<T>,
): Promise<T> {
  const { url } = destination;
  const addresses = await addressesOf(url, lookup);
  for (const { address } of addresses) check(address, destination, rules);
  signal.throwIfAborted();
  const socket = quiet(addAbortSignal(signal, connect(addresses, portOf(url))));
  try {
    if (socket.connecting) await once(socket, 'connect');
    check(socket.remoteAddress ?? '', destination, rules);
    return await use(url.protocol === 'https:' ? await secured(socket, url, signal) : socket);
  } finally {
    socket.destroy();
  }
}

async function addressesOf(url: URL, lookup: Lookup): Promise<readonly LookupAddress[]> {
  const name = bareHost(url);
  const family = isIP(name);
  if (family !== 0) return [{ address: name, family }];
  const { promise, resolve, reject } = Promise.withResolvers<LookupAddress[]>();
  lookup(name, { all: true }, (error, found) => (error === null ? resolve(found) : reject(error)));
  const found = await promise;
  if (found.length === 0) throw new Error('the name has no address');
  return found;
}

function check(address: string, { url, isLocal }: AllowedUrl, { allowLoopback }: FetchRules): void {
  const kind = kindOfAddress(address);
  if (kind === 'public' && !isLocal) return;
  if (kind === 'loopback' && allowLoopback) return;
  throw new AttachmentError('address_refused', `${url.hostname}: it leads to ${address || 'nowhere'}`);
}

/** An error reaches whoever waits for the connection; one that comes when nobody does must not end the process. */
function quiet<S extends Socket>(socket: S): S {
  return socket.on('error', () => {});
}
