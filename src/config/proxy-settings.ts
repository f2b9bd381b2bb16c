import type { EnvReader } from './env.ts';

/** The HTTP proxy through which this machine reaches other hosts. */
export interface ProxySettings {
  /** `http:` or `https:`. It may hold a user name and a password: only `proxyName` of it is for logs. */
  readonly url: string;
  /** From NO_PROXY, in lower case: `*` for all, or a host for itself and all below it, perhaps with a port. */
  readonly exceptions: readonly string[];
}

/** In the order in which `@azure/core-rest-pipeline` reads them for tokens, each in capitals and in small letters. */
const VARIABLES = ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY'];
const NO_PROXY = 'NO_PROXY';

/** What may stand before a host there, and means nothing: what lies below it is always meant, too. */
const WILDCARD = /^\*?\./;

/** Reads the proxy of the environment; a value that is no proxy goes to the reader's problems, without its secrets. */
export function readProxy(read: EnvReader): ProxySettings | undefined {
  const names = VARIABLES.flatMap((name) => [name, name.toLowerCase()]);
  const name = names.find((each) => read.text(each) !== undefined);
  if (name === undefined) return undefined;
  const url = read.text(name) ?? '';
  if (!isProxy(url)) {
    const example = 'http://proxy.example.com:8080';
    read.problems.push(`${name} is not the address of an HTTP proxy; expected one such as ${example}`);
  }
  const exceptions = read.text(NO_PROXY) ?? read.text(NO_PROXY.toLowerCase()) ?? '';
  const entries = exceptions.toLowerCase().split(/[\s,]+/);
  return { url, exceptions: entries.map((entry) => entry.replace(WILDCARD, '')).filter((entry) => entry !== '') };
}

function isProxy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/';
}
