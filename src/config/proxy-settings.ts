import type { EnvReader } from './env.ts';

/** The HTTP proxy through which this machine reaches other hosts. */
export interface ProxySettings {
  /** `http:` or `https:`. It may hold a user name and a password: only `proxyName` of it is for logs. */
  readonly url: string;
  /** From NO_PROXY, in lower case: `*` for all, or a host for itself and all below it, perhaps with a port. */
  readonly exceptions: readonly string[];
}

/** In the order in which `@azure/core-rest-pipeline` reads them for tokens, each in capitals and in small letters. */
export const PROXY_VARIABLES: readonly string[] = ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
const NO_PROXY = 'NO_PROXY';

/** What may stand before a host there, and means nothing: what lies below it is always meant, too. */
const WILDCARD = /^\*?\./;

/**
 * Reads the proxy of the environment; a value that is no proxy goes to the reader's problems, without its secrets. A
 * SOCKS proxy for all programs is passed over, and said in the reader's notices.
 */
export function readProxy(read: EnvReader): ProxySettings | undefined {
  for (const name of PROXY_VARIABLES) {
    const text = read.text(name);
    if (text === undefined) continue;
    if (!isSocksForAll(name, text)) return { url: readUrl(read, name, text), exceptions: readExceptions(read) };
    read.notices.push(`${name} is a SOCKS proxy, which the bot cannot use: it connects without it`);
  }
  return undefined;
}

/** Shells set it for whatever program can use it. */
function isSocksForAll(name: string, text: string): boolean {
  return name.toUpperCase() === 'ALL_PROXY' && /^socks\w*:/i.test(text);
}

/** A host and a port alone are an HTTP proxy, as curl takes them. */
function readUrl(read: EnvReader, name: string, text: string): string {
  const url = !text.includes('://') && /:\d+\/?$/.test(text) ? `http://${text}` : text;
  if (!isProxy(url)) {
    const example = 'http://proxy.example.com:8080';
    read.problems.push(`${name} is not the address of an HTTP proxy; expected one such as ${example}`);
  }
  return url;
}

function readExceptions(read: EnvReader): readonly string[] {
  const exceptions = read.text(NO_PROXY) ?? read.text(NO_PROXY.toLowerCase()) ?? '';
  const entries = exceptions.toLowerCase().split(/[\s,]+/);
  return entries.map((entry) => entry.replace(WILDCARD, '')).filter((entry) => entry !== '');
}

function isProxy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/';
}
