import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import ipaddr from 'ipaddr.js';
import type { FetchRules } from '../config/allowed-hosts.ts';
import type { ProxySettings } from '../config/proxy-settings.ts';
import { AttachmentError } from '../errors.ts';
import { bareHost, connectThrough, portOf, proxyFor, upgradeToTls } from '../proxy.ts';
import type { AllowedUrl } from './allowed-url.ts';

/** The bot may connect to `public` addresses, in development also to `loopback` ones, and never to `forbidden` ones. */
type AddressKind = 'public' | 'loopback' | 'forbidden';

/** The IPv6 addresses of hosts on the internet. All others are special or embed an IPv4 address (RFC 4291, 2.4). */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
/**
 * Azure's wire server, which every virtual machine reaches: forbidden, although its range is public. Other metadata
 * services need no list: their addresses are link-local, unique-local or a carrier's.
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const AZURE_HOST = '168.63.129.16';

/** Finds the addresses of a name like `dns.promises.lookup`. */
export type Lookup = (hostname: string, options: { all: true }) => Promise<readonly LookupAddress[]>;

/** Opens a connection to one of these addresses, and to nothing else. */
export type Connect = (addresses: readonly LookupAddress[], port: number) => Socket;

export interface ConnectionDeps {
  readonly lookup: Lookup;
  readonly connect: Connect;
  /** The proxy for every host except this machine. Unset: connect directly. */
  readonly proxy?: ProxySettings | undefined;
}

/** Node chooses among the known addresses, the quicker of IPv4 and IPv6, without a second look-up. */
export const connectTo: Connect = (addresses, port) => {
  const lookup = (_name: string, _options: object, done: (error: null, found: LookupAddress[]) => void) =>
    done(null, [...addresses]);
  return connect({ host: 'looked-up-before', port, autoSelectFamily: true, lookup });
};

/**
 * Opens a connection to a destination, with TLS for https. The caller destroys it; so does `signal`. The name is looked
 * up once. If one of its addresses is not allowed, none is used, and nothing is sent before the connection itself leads
 * to an allowed one. Behind a proxy no name is looked up here, since a closed network may have no DNS for it: the proxy
 * gets a host that the rules allow, at port 443, and decides itself which addresses it connects to. Rejects with an
 * AttachmentError (`address_refused`), a ProxyError, or the error of the look-up, the connection or TLS.
 */
export async function openConnection(
  destination: AllowedUrl,
  rules: FetchRules,
  { lookup, connect, proxy: settings }: ConnectionDeps,
  signal: AbortSignal,
): Promise<Socket> {
  const { url, mustBeLoopback } = destination;
  const proxy = mustBeLoopback ? undefined : proxyFor(url, settings);
  if (proxy !== undefined) return addAbortSignal(signal, await connectThrough(proxy, url, signal));
  const addresses = await addressesOf(url, lookup);
  for (const { address } of addresses) assertAllowed(address, destination, rules);
  signal.throwIfAborted();
  const socket = addAbortSignal(signal, connect(addresses, portOf(url)));
  // An error while nothing waits for the connection must not end the process.
  socket.on('error', () => {});
  try {
    if (socket.connecting) await once(socket, 'connect');
    assertAllowed(socket.remoteAddress ?? '', destination, rules);
    return url.protocol === 'https:' ? await upgradeToTls(socket, url, signal) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function addressesOf(url: URL, lookup: Lookup): Promise<readonly LookupAddress[]> {
  const name = bareHost(url);
  const family = isIP(name);
  if (family !== 0) return [{ address: name, family }];
  const addresses = await lookup(name, { all: true });
  if (addresses.length === 0) throw new Error('the name has no address');
  return addresses;
}

function assertAllowed(address: string, { url, mustBeLoopback }: AllowedUrl, { allowLoopback }: FetchRules): void {
  const kind = kindOfAddress(address);
  if (kind === 'public' && !mustBeLoopback) return;
  if (kind === 'loopback' && allowLoopback) return;
  throw new AttachmentError('address_refused', `${url.hostname}: it leads to ${address || 'nowhere'}`);
}

/**
 * Classifies an address in the form of resolvers and sockets. Other forms, such as leading zeros or a zone, are
 * forbidden: parsers disagree on them. So are IPv6 addresses that embed an IPv4 address, and every range that is
 * private, reserved or for documentation.
 */
export function kindOfAddress(text: string): AddressKind {
  if (isIP(text) === 0 || text.includes('%') || !ipaddr.isValid(text)) return 'forbidden';
  const address = ipaddr.parse(text);
  const range = address.range();
  if (range === 'loopback') return 'loopback';
  const isGlobal = address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST_V6);
  return range === 'unicast' && isGlobal && address.toString() !== AZURE_HOST ? 'public' : 'forbidden';
}
