import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopbackHost } from '../config/env.ts';
import { RequestError } from '../errors.ts';

/** Names of the container's host in Docker Desktop and Podman. */
const CONTAINER_HOSTS = ['host.docker.internal', 'gateway.docker.internal', 'host.containers.internal'];
/**
 * Headers that tunnels, proxies and content networks add. A proxy that adds none, such as nginx by default, looks like
 * a local client.
 */
const FORWARDING =
  /^(?:forwarded|via|x-forwarded-.+|x-original-.+|x-real-ip|x-client-ip|true-client-ip|x-tunnel-.+|x-arr-.+|x-envoy-.+|cf-.+|ngrok-.+)$/;

/**
 * Checks the Host of all routes but `/health`: a page that rebinds its name to this machine still sends that name.
 * `publicHost` is the host of PUBLIC_BASE_URL. Throws a RequestError.
 */
export function checkHost({ headersDistinct: { host = [] } }: IncomingMessage, publicHost: string | undefined): void {
  if (host.length !== 1 || !isOwnHost(hostnameOf(host[0]), publicHost)) throw foreign('its Host names another machine');
}

/** Checks the source of activities, since they make the bot call other services. Throws a RequestError. */
export function checkSource({ headersDistinct: headers }: IncomingMessage, publicHost: string | undefined): void {
  const { origin = [], host = [], 'sec-fetch-site': site = [] } = headers;
  const own = [publicHost, hostnameOf(host[0])];
  if (!origin.every((each) => isOwnOrigin(hostnameOfOrigin(each), own))) {
    throw foreign('it comes from a web page of another origin');
  }
  if (site.includes('cross-site')) throw foreign('it comes from a web page of another site');
  // A tunnel may rewrite Host and Origin to localhost, as dev tunnels do: only its added headers give it away.
  if (Object.keys(headers).some((name) => FORWARDING.test(name))) throw foreign('a tunnel or a proxy has forwarded it');
}

function foreign(why: string): RequestError {
  const message = `Without an app id this bot only serves this machine, and refuses this request: ${why}.`;
  return new RequestError('forbidden', message);
}

/** Any IP address counts as ours: no web page can make it resolve to something else. */
function isOwnHost(hostname: string | undefined, publicHost: string | undefined): boolean {
  if (hostname === undefined) return false;
  return hostname === publicHost || isLocalName(hostname) || hostname.startsWith('[') || isIP(hostname) === 4;
}

/** Accepts this machine and the request's own Host, which was checked. Other IP addresses may serve a foreign page. */
function isOwnOrigin(hostname: string | undefined, own: readonly (string | undefined)[]): boolean {
  if (hostname === undefined) return false;
  return own.includes(hostname) || isLoopbackHost(hostname) || hostname.endsWith('.localhost');
}

/**
 * Whether no foreign name server resolves the name: this machine, a container's host, or a host of the same network.
 */
function isLocalName(hostname: string): boolean {
  return hostname.endsWith('.localhost') || CONTAINER_HOSTS.includes(hostname) || /^[^.:]+$/.test(hostname);
}

/** Normalizes the name in a Host header as URLs do: lower case, IPv4 in full. `undefined` if it is not valid. */
function hostnameOf(host: string | undefined = ''): string | undefined {
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i.test(host)) return undefined;
  return URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '');
}

/** Returns `undefined` for the origin `null`, which sandboxed pages and files send. */
function hostnameOfOrigin(origin: string): string | undefined {
  return hostnameOf(/^https?:\/\/(.+)$/i.exec(origin)?.[1]);
}
