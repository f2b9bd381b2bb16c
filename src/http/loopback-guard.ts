import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopbackHost } from '../config/env.ts';
import { RequestError } from '../errors.ts';

/** The host of PUBLIC_BASE_URL. */
type PublicHost = string | undefined;
/** Every value of each header: Node's own `headers` keep the first `Host` of several. */
type Headers = NodeJS.Dict<string[]>;

/** How containers of Docker Desktop and of Podman name the machine that they run on. */
const CONTAINER_HOSTS = ['host.docker.internal', 'gateway.docker.internal', 'host.containers.internal'];
/**
 * What tunnels, proxies and content networks add. A proxy that adds nothing, as nginx does by default, cannot be told
 * from a local client.
 */
const FORWARDING =
  /^(?:forwarded|via|x-forwarded-.+|x-original-.+|x-real-ip|x-client-ip|true-client-ip|x-tunnel-.+|x-arr-.+|x-envoy-.+|cf-.+|ngrok-.+)$/;

/** What a bot without an app id asks of requests: each check, and what its refusal says. */
const CHECKS = {
  /** A page that rebinds its name to this machine (DNS rebinding) still sends that name. */
  host: {
    isRight: ({ host = [] }: Headers, publicHost: PublicHost) =>
      host.length === 1 && isOwnHost(hostnameOf(host[0]), publicHost),
    refusal: 'its Host names another machine',
  },
  /** Any other address of IP is as foreign as a name: a page may be served from it. */
  origin: {
    isRight: ({ origin = [], host = [] }: Headers, publicHost: PublicHost) =>
      origin.every((each) => isOwnOrigin(hostnameOfOrigin(each), [publicHost, hostnameOf(host[0])])),
    refusal: 'it comes from a web page of another origin',
  },
  site: {
    isRight: ({ 'sec-fetch-site': site = [] }: Headers) => !site.includes('cross-site'),
    refusal: 'it comes from a web page of another site',
  },
  /** A tunnel may rewrite Host and Origin to localhost, as dev tunnels do: only what it adds shows where it came from. */
  forwarding: {
    isRight: (headers: Headers) => !Object.keys(headers).some((name) => FORWARDING.test(name)),
    refusal: 'a tunnel or a proxy has forwarded it',
  },
} as const;

/** For all routes but `/health`. Throws a RequestError. */
export function checkHost(request: IncomingMessage, publicHost: PublicHost): void {
  check(['host'], request, publicHost);
}

/** For activities: they are answered, and make the bot call others. Throws a RequestError. */
export function checkSource(request: IncomingMessage, publicHost: PublicHost): void {
  check(['origin', 'site', 'forwarding'], request, publicHost);
}

function check(names: readonly (keyof typeof CHECKS)[], request: IncomingMessage, publicHost: PublicHost): void {
  for (const name of names) {
    const { isRight, refusal } = CHECKS[name];
    if (isRight(request.headersDistinct, publicHost)) continue;
    throw new RequestError(
      'forbidden',
      `Without an app id this bot only serves this machine, and refuses this request: ${refusal}.`,
    );
  }
}

/** An address of IP counts, whichever it is: no web page can have it lead elsewhere. */
function isOwnHost(hostname: string | undefined, publicHost: PublicHost): boolean {
  if (hostname === undefined) return false;
  return hostname === publicHost || isLocalName(hostname) || hostname.startsWith('[') || isIP(hostname) === 4;
}

/** This machine, or where the request itself went to, which was checked before. */
function isOwnOrigin(hostname: string | undefined, own: readonly (string | undefined)[]): boolean {
  if (hostname === undefined) return false;
  return own.includes(hostname) || isLoopbackHost(hostname) || hostname.endsWith('.localhost');
}

/**
 * Names that no stranger's name server answers for: of this machine, of a container's host, of containers and machines
 * beside it.
 */
function isLocalName(hostname: string): boolean {
  return hostname.endsWith('.localhost') || CONTAINER_HOSTS.includes(hostname) || /^[^.:]+$/.test(hostname);
}

/** `undefined` for what is no host with an optional port. As URLs write it: lower case, numbers of IPv4 in full. */
function hostnameOf(host: string | undefined = ''): string | undefined {
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname.replace(/\.$/, '');
}

/** `null`, which sandboxed pages and files send, is nobody's. */
function hostnameOfOrigin(origin: string): string | undefined {
  return hostnameOf(/^https?:\/\/(.+)$/i.exec(origin)?.[1]);
}
