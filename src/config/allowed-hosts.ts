import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** A host, or all hosts below one, that something may be fetched from. */
export interface HostRule {
  /** In lower case and ASCII: `files.example.com`, or `*.example.com` for each name below that one, itself excepted. */
  readonly host: string;
  /** Whether a file is requested once more after 401, 403 or 404: the host may learn of it a moment after the bot. */
  readonly retriesRefused?: true;
  /**
   * Whether people keep their own files there. A refusal, a redirect to a host that is not allowed, or a page in place
   * of the file then means that somebody has to sign in.
   */
  readonly wantsSignIn?: true;
}

/** Where something may be fetched from. */
export interface FetchRules {
  readonly hosts: readonly HostRule[];
  /**
   * For development: loopback hosts too, over http as well, and hosts of the list that lead to this machine; both at any
   * port.
   */
  readonly allowLoopback: boolean;
}

/** What parts a host from the rest of an address, and so has no place in a host; the platform would cut it off. */
const SEPARATOR = /[\s/\\?#@:%[\]]/;
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Whether this is a name of at least two labels in the form of a URL's `hostname`. One that ends with a dot is none. */
function isFullName(hostname: string): boolean {
  const labels = hostname.split('.');
  return labels.length >= 2 && labels.every((label) => LABEL.test(label)) && isIP(hostname) === 0;
}

/** The rule for a URL's `hostname`. An address in numbers has none. */
export function ruleFor(hostname: string, rules: readonly HostRule[]): HostRule | undefined {
  if (!isFullName(hostname)) return undefined;
  return rules.find(({ host }) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host));
}

/**
 * Reads an operator's list, each entry a host or `*.` and a host, without scheme and port; or says what is wrong with it,
 * for a sentence that begins with the list's name.
 */
export function parseHostRules(list: readonly string[]): readonly HostRule[] | string {
  const wrong: string[] = [];
  const rules = list.map((entry): HostRule => {
    const isBelow = entry.startsWith('*.');
    const name = domainToASCII(isBelow ? entry.slice(2) : entry);
    if (SEPARATOR.test(entry) || !isFullName(name)) wrong.push(entry);
    return { host: isBelow ? `*.${name}` : name };
  });
  if (wrong.length === 0) return rules;
  const named = wrong.map((entry) => `"${entry}"`).join(', ');
  return `names ${named}; expected hosts such as files.example.com or *.example.com`;
}
