import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { RequestError } from '../errors.ts';

/** Every value of each header: Node's own `headers` keep the first `Host` of several. */
type Headers = NodeJS.Dict<string[]>;
/** Whether a name is one of this machine's. */
type IsOwn = (hostname: string | undefined) => boolean;

/** How containers of Docker Desktop name the machine that they run on. */
const DOCKER_HOSTS = ['host.docker.internal', 'gateway.docker.internal'];
const FORWARDING = /^(?:forwarded|x-forwarded-(?:for|host)|x-tunnel-.+)$/;

/** What a bot without an app id asks of requests: each check, and what its refusal says. */
const CHECKS = {
  /** A page that rebinds its name to this machine (DNS rebinding) still sends that name. */
  host: {
    isRight: ({ host = [] }: Headers, isOwn: IsOwn) => host.length === 1 && isOwn(hostnameOf(host[0])),
    refusal: 'its Host names another machine',
  },
  origin: {
    isRight: ({ origin = [] }: Headers, isOwn: IsOwn) => origin.every((each) => isOwn(hostnameOfOrigin(each))),
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
export function checkHost(request: IncomingMessage, publicHost: string | undefined): void {
  check(['host'], request, publicHost);
}

/** For activities: they are answered, and make the bot call others. Throws a RequestError. */
export function checkSource(request: IncomingMessage, publicHost: string | undefined): void {
  check(['origin', 'site', 'forwarding'], request, publicHost);
}

function check(
  names: readonly (keyof typeof CHECKS)[],
  request: IncomingMessage,
  publicHost: string | undefined,
): void {
  const isOwn = (hostname: string | undefined) => hostname !== undefined && isOwnHost(hostname, publicHost);
  for (const name of names) {
    const { isRight, refusal } = CHECKS[name];
    if (isRight(request.headersDistinct, isOwn)) continue;
    throw new RequestError(
      'forbidden',
      `Without an app id this bot only serves this machine, and refuses this request: ${refusal}.`,
    );
  }
}

/** An address of IP counts, whichever it is: no web page can have it lead elsewhere. */
function isOwnHost(hostname: string, publicHost: string | undefined): boolean {
  return hostname === publicHost || isLocalName(hostname) || hostname.startsWith('[') || isIP(hostname) === 4;
}

/** Names that no stranger's name server answers for: of this machine, of Docker's host, of containers and machines beside it. */
export function isLocalName(hostname: string): boolean {
  return hostname.endsWith('.localhost') || DOCKER_HOSTS.includes(hostname) || /^[^.:]+$/.test(hostname);
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
