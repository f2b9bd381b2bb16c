import { domainToASCII } from 'node:url';

/** Names below these are nobody's in public. https://www.iana.org/assignments/special-use-domain-names */
const NOT_PUBLIC = /\.(?:alt|arpa|example|internal|invalid|local|localhost|onion|test)$/;
/** Below these everybody has names, and the platform itself this one: no bot does. */
const OF_PLATFORMS = [
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
/** Those of dev tunnels are one for each region. */
const TUNNELS = /^(?:[a-z\d]+\.)?devtunnels\.ms$/;
const DNS_NAME = /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z](?:[a-z\d-]{0,61}[a-z\d])$/;

/**
 * The host as it stands in certificates: a public DNS name, in lower case and in Punycode. `https://` before it and a
 * slash behind it are taken off; `undefined` for an address of any other kind, and
 * for the bare name of a platform.
 */
export function publicHost(text: string): string | undefined {
  const bare = text.trim().replace(/^https:\/\/([^/]+)\/?$/i, '$1');
  // Else what stands for more than a name would be taken off as well, or read as a number.
  if (/[^\p{L}\p{M}\p{N}.-]/u.test(bare)) return undefined;
  const host = domainToASCII(bare);
  const isPlatform = OF_PLATFORMS.includes(host) || TUNNELS.test(host);
  return DNS_NAME.test(host) && !NOT_PUBLIC.test(host) && !isPlatform ? host : undefined;
}
