import { type FetchRules, type HostRule, ruleFor } from '../config/allowed-hosts.ts';
import { isLoopbackHost } from '../config/env.ts';
import { AttachmentError } from '../errors.ts';

/** A URL that is allowed by its text. The IP addresses of its host are checked after the look-up. */
export interface AllowedUrl {
  readonly url: URL;
  /** The rule that allows it; unset for a loopback host. */
  readonly rule: HostRule | undefined;
  /** Whether the host must resolve to this machine: it does for http, other ports than https's, and loopback hosts. */
  readonly mustBeLoopback: boolean;
}

/** Links of SharePoint hold a token and have up to about 4,000 characters. */
const MAX_URL_CHARS = 8_192;
/** Parsers disagree on these characters: some drop or replace them, others read them as part of the host name. */
const AMBIGUOUS = /[\p{Cc}\\]/u;
const MAX_LOGGED_CHARS = 100;

/**
 * Reads an address from outside, or one that `base` redirects to. Allowed is https at its default port to a host of the
 * rules, and in development a loopback host. Throws an AttachmentError (`address_refused`) for any other.
 */
export function allowedUrlOf(text: string, rules: FetchRules, base?: URL): AllowedUrl {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  const why = url === undefined ? 'not an address' : whyRefused(text, url, rules, base);
  if (url === undefined || why !== undefined) {
    throw new AttachmentError('address_refused', `${loggedHost(url)}: ${why}`);
  }
  const isLoopback = isLoopbackHost(url.hostname);
  return {
    url,
    rule: isLoopback ? undefined : ruleFor(url.hostname, rules.hosts),
    mustBeLoopback: isLoopback || url.protocol === 'http:' || url.port !== '',
  };
}

function whyRefused(text: string, url: URL, { hosts, allowLoopback }: FetchRules, base?: URL): string | undefined {
  const isLoopback = allowLoopback && isLoopbackHost(url.hostname);
  if (text.length > MAX_URL_CHARS || url.href.length > MAX_URL_CHARS) return 'the address is too long';
  if (AMBIGUOUS.test(text)) return 'control characters or backslashes in the address';
  if (url.username !== '' || url.password !== '') return 'credentials in the address';
  if (base?.protocol === 'https:' && url.protocol !== 'https:') return 'a redirect away from https';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) return 'not https';
  if (url.port !== '' && !allowLoopback) return `port ${url.port}`;
  if (!isLoopback && ruleFor(url.hostname, hosts) === undefined) return 'not a host that attachments are fetched from';
  return undefined;
}

/** Returns the part of an address that may be logged: paths and queries hold keys. */
function loggedHost(url: URL | undefined): string {
  return (url === undefined ? 'an attachment' : url.hostname || url.protocol).slice(0, MAX_LOGGED_CHARS);
}
