import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The bot may connect to `public` addresses, in development also to `loopback` ones, and never to `forbidden` ones. */
export type AddressKind = 'public' | 'loopback' | 'forbidden';

/** The IPv6 addresses of hosts on the internet. All others are special or embed an IPv4 address (RFC 4291, 2.4). */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
/**
 * Azure's wire server, which every virtual machine reaches: forbidden, although its range is public. Other metadata services
 * need no list: their addresses are link-local, unique-local or a carrier's.
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const AZURE_HOST = '168.63.129.16';

/**
 * Classifies an address in the form of resolvers and sockets. Other forms, such as leading zeros or a zone, are forbidden:
 * parsers disagree on them. So are IPv6 addresses that embed an IPv4 address, and every range that is private, reserved or
 * for documentation.
 */
export function kindOfAddress(text: string): AddressKind {
  if (isIP(text) === 0 || text.includes('%') || !ipaddr.isValid(text)) return 'forbidden';
  const address = ipaddr.parse(text);
  const range = address.range();
  if (range === 'loopback') return 'loopback';
  const isGlobal = address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST_V6);
  return range === 'unicast' && isGlobal && address.toString() !== AZURE_HOST ? 'public' : 'forbidden';
}
