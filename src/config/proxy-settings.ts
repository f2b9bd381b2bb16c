import type { EnvReader } from './env.ts';

/** The HTTP proxy through which this machine reaches other hosts. */
export interface ProxySettings {
  /** The scheme is `http:` or `https:`. May hold a user name and password: log only its `proxyName`. */
  readonly url: string;
  /** The entries of NO_PROXY, in lower case: a host with those below it, with or without a port. */
  readonly exceptions: readonly string[];
}

/** The names in the order of `@azure/core-rest-pipeline`, each in upper and in lower case. */
export const PROXY_VARIABLES: readonly string[] = ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
const NO_PROXY = 'NO_PROXY';

/** The prefix has no effect: an exception always includes the hosts below it. */
const WILDCARD = /^\*?\./;

/**
 * Unset also if NO_PROXY is `*`, which Azure's libraries do not know. A SOCKS proxy for all programs is only a notice.
 * A problem never quotes a secret.
 */
export function readProxy(reader: EnvReader): ProxySettings | undefined {
  for (const name of PROXY_VARIABLES) {
    const text = reader.text(name);
    if (text === undefined) continue;
    if (!isSocksForAll(name, text)) {
      const proxy = { url: readUrl(reader, name, text), exceptions: readExceptions(reader) };
      return proxy.exceptions.includes('*') ? undefined : proxy;
    }
    reader.notices.push(`${name} is a SOCKS proxy, which is not supported: the bot connects without it`);
  }
  return undefined;
}

/** Shells set ALL_PROXY for all programs, whether or not they support SOCKS. */
function isSocksForAll(name: string, text: string): boolean {
  return name.toUpperCase() === 'ALL_PROXY' && /^socks\w*:/i.test(text);
}

/** As in curl, a host and port without a scheme name an HTTP proxy. */
function readUrl(reader: EnvReader, name: string, text: string): string {
  const url = !text.includes('://') && /:\d+\/?$/.test(text) ? `http://${text}` : text;
  if (!isProxy(url)) {
    const example = 'http://proxy.example.com:8080';
    reader.problems.push(`${name} is not the address of an HTTP proxy; expected one such as ${example}`);
  }
  return url;
}

function readExceptions(reader: EnvReader): readonly string[] {
  const exceptions = reader.text(NO_PROXY) ?? reader.text(NO_PROXY.toLowerCase()) ?? '';
  const entries = exceptions.toLowerCase().split(/[\s,]+/);
  return entries.map((entry) => entry.replace(WILDCARD, '')).filter((entry) => entry !== '');
}

function isProxy(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/';
}
