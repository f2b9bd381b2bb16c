import { domainToASCII } from 'node:url';

/** Names below these are nobody's in public. https://www.iana.org/assignments/special-use-domain-names */
const NOT_PUBLIC = /\.(?:alt|arpa|example|internal|invalid|local|localhost|onion|test)$/;
const DNS_NAME = /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z](?:[a-z\d-]{0,61}[a-z\d])$/;

/**
 * The host as it stands in certificates: a public DNS name, in lower case and in Punycode. `https://` before it and a
 * slash behind it are taken off; `undefined` for an address of any other kind.
 */
export function publicHost(text: string): string | undefined {
  const bare = text.trim().replace(/^https:\/\/([^/]+)\/?$/i, '$1');
  // Else what stands for more than a name would be taken off as well, or read as a number.
  if (/[^\p{L}\p{M}\p{N}.-]/u.test(bare)) return undefined;
  const host = domainToASCII(bare);
  return DNS_NAME.test(host) && !NOT_PUBLIC.test(host) ? host : undefined;
}
