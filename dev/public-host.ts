import { domainToASCII } from 'node:url';

/** Special-use names are never public. https://www.iana.org/assignments/special-use-domain-names */
const NOT_PUBLIC = /\.(?:alt|arpa|example|internal|invalid|local|localhost|onion|test)$/;
/** Bots have names below these, but never these themselves. */
const PLATFORMS = [
  'azurewebsites.net',
  'azurewebsites.us',
  'azurecontainerapps.io',
  'azurefd.net',
  'azure-api.net',
  'cloudapp.azure.com',
  'trafficmanager.net',
  'ngrok.app',
  'ngrok.dev',
  'ngrok.io',
  'ngrok-free.app',
  'ngrok-free.dev',
  'trycloudflare.com',
];
/** Dev tunnels have one name for each region. */
const TUNNELS = /^(?:[a-z\d]+\.)?devtunnels\.ms$/;
const DNS_NAME = /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z](?:[a-z\d-]{0,61}[a-z\d])$/;

/**
 * Normalizes a public DNS name: lower case, Punycode, without a leading `https://` and a trailing slash. Undefined for
 * any other address, and for the bare name of a platform.
 */
export function publicHost(text: string): string | undefined {
  const bare = text.trim().replace(/^https:\/\/([^/]+)\/?$/i, '$1');
  // Otherwise `domainToASCII` would drop other parts of a URL.
  if (/[^\p{L}\p{M}\p{N}.-]/u.test(bare)) return undefined;
  const host = domainToASCII(bare);
  const isPlatform = PLATFORMS.includes(host) || TUNNELS.test(host);
  return DNS_NAME.test(host) && !NOT_PUBLIC.test(host) && !isPlatform ? host : undefined;
}
