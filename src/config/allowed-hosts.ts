import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** A rule allows fetching files from a host or from all hosts below it. */
export interface HostRule {
  /** The host in lower case and ASCII: `files.example.com`, or `*.example.com` for each name below `example.com`. */
  readonly host: string;
  /**
   * Whether a file is requested again after 401, 403 or 404: the file may become available a moment after the message.
   */
  readonly retriesRefused?: true;
  /**
   * Whether people store their own files there. A refusal, a redirect to a host that is not allowed, or a page instead
   * of the file then means that a sign-in is required.
   */
  readonly wantsSignIn?: true;
}

/** The hosts that files may be fetched from. */
export interface FetchRules {
  readonly hosts: readonly HostRule[];
  /** In development, also allows loopback hosts, http, and listed hosts that resolve to this machine, at any port. */
  readonly allowLoopback: boolean;
}

/** Delimiters of URLs, which `domainToASCII` would silently cut off. */
const SEPARATOR = /[\s/\\?#@:%[\]]/;
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Whether the name has at least two labels, in the form of a URL's `hostname`, without a trailing dot. */
function isFullName(hostname: string): boolean {
  const labels = hostname.split('.');
  return labels.length >= 2 && labels.every((label) => LABEL.test(label)) && isIP(hostname) === 0;
}

/** Finds the rule for a URL's `hostname`. IP addresses have none. */
export function ruleFor(hostname: string, rules: readonly HostRule[]): HostRule | undefined {
  if (!isFullName(hostname)) return undefined;
  return rules.find(({ host }) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host));
}

/**
 * Parses a list of hosts, or `*.` and a host, without scheme and port. For an invalid list, returns what is wrong with
 * it, as the rest of a sentence that begins with the name of the list.
 */
export function parseHostRules(list: readonly string[]): readonly HostRule[] | string {
  const invalid: string[] = [];
  const rules = list.map((entry): HostRule => {
    const isBelow = entry.startsWith('*.');
    const name = domainToASCII(isBelow ? entry.slice(2) : entry);
    if (SEPARATOR.test(entry) || !isFullName(name)) invalid.push(entry);
    return { host: isBelow ? `*.${name}` : name };
  });
  if (invalid.length === 0) return rules;
  const quoted = invalid.map((entry) => `"${entry}"`).join(', ');
  return `names ${quoted}; expected hosts such as files.example.com or *.example.com`;
}
