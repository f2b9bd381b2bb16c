import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where an address leads: to anybody on the internet, to this machine, or to where the bot never goes. */
export type AddressKind = 'public' | 'loopback' | 'forbidden';

/** All that is handed out to sites; what else there is of IPv6 is special, or wraps an address of IPv4. RFC 4291, 2.4. */
const SITES_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
/**
 * Public by its range, but it is the host of each virtual machine in Azure. The metadata services of the clouds need no
 * list: their addresses are link-local, unique-local or of a carrier.
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const AZURE_HOST = '168.63.129.16';

/**
 * Judges an address as a resolver or a socket writes it. Anything else, such as a number with leading zeros or with a
 * zone, is forbidden: readers do not agree on what it means. So are addresses of IPv6 that stand for one of IPv4, and
 * every range that is private, reserved or for documentation.
 */
export function kindOfAddress(text: string): AddressKind {
  if (isIP(text) === 0 || text.includes('%') || !ipaddr.isValid(text)) return 'forbidden';
  const address = ipaddr.parse(text);
  const range = address.range();
  if (range === 'loopback') return 'loopback';
  const isForSites = address.kind() === 'ipv4' || address.match(SITES_V6);
  return range === 'unicast' && isForSites && address.toString() !== AZURE_HOST ? 'public' : 'forbidden';
}
