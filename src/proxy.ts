import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import querystring from 'node:querystring';
import tls from 'node:tls';
import { isLoopbackHost } from './config/env.ts';
import { PROXY_VARIABLES, type ProxySettings } from './config/proxy-settings.ts';
import { ProxyError } from './errors.ts';

/** Returns the host and port of a proxy, without its credentials. */
export function proxyName({ url }: ProxySettings): string {
  return new URL(url).host;
}

/** Returns the proxy for an address; `undefined` for a direct connection, as to every loopback host. */
export function proxyFor(address: URL, settings: ProxySettings | undefined): ProxySettings | undefined {
  if (settings === undefined || isLoopbackHost(address.hostname)) return undefined;
  return settings.exceptions.some((entry) => isException(address, entry)) ? undefined : settings;
}

function isException(address: URL, entry: string): boolean {
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  const isHost = address.hostname === host || address.hostname.endsWith(`.${host}`);
  return isHost && (port === undefined || Number(port) === portOf(address));
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
}

/**
 * Sets the proxy for `fetch` and for the default agents of Node, which botbuilder, MSAL, uploads and MCP use. Node
 * supports it from 24.14 on; an older one connects directly. Also replaces the proxy variables in `env` by this one,
 * normalised, because Azure's libraries read them, and misread SOCKS proxies and hosts without `http://`. Call it
 * before the first request. Returns warnings for the operator.
 */
export function setDefaultProxy(settings: ProxySettings | undefined, env: NodeJS.ProcessEnv): readonly string[] {
  for (const name of PROXY_VARIABLES) delete env[name];
  if (settings === undefined) return [];
  const exceptions = settings.exceptions.flatMap((entry) => [entry, `.${entry}`]);
  const noProxy = [...exceptions, 'localhost', '127.0.0.1', '[::1]'].join(',');
  const variables = { HTTPS_PROXY: settings.url, NO_PROXY: noProxy };
  Object.assign(env, variables);
  if (!('setGlobalProxyFromEnv' in http))
    return [
      `uploads, MCP servers, the bot's own token and the keys of channels do not use the proxy: Node ${process.version} cannot; use Node 24.14 or newer`,
    ];
  http.setGlobalProxyFromEnv(variables);
  return [];
}

/**
 * Opens a TLS connection to the host of an address through the proxy, which looks up the name. Rejects with a
 * ProxyError, with the error of TLS, or with the signal's reason. An abort does not close an open connection.
 */
export async function connectThrough(proxy: ProxySettings, address: URL, signal: AbortSignal): Promise<tls.TLSSocket> {
  const tunnel = await openTunnel(proxy, address, signal);
  try {
    return await upgradeToTls(tunnel, address, signal);
  } catch (err) {
    tunnel.destroy();
    throw signal.aborted ? signal.reason : err;
  }
}

/** Starts TLS to the host of an address on an open socket. Rejects with the error of TLS, or with an AbortError. */
export async function upgradeToTls(socket: Socket, address: URL, signal: AbortSignal): Promise<tls.TLSSocket> {
  const host = bareHost(address);
  const secure = tls.connect({ socket, host, ...serverName(host), ALPNProtocols: ['http/1.1'] });
  // An error after the handshake must not end the process where the socket has no other listener.
  secure.on('error', () => {});
  await once(secure, 'secureConnect', { signal });
  return secure;
}

/** Opens a tunnel with CONNECT (RFC 9110, 9.3.6). */
async function openTunnel(proxy: ProxySettings, address: URL, signal: AbortSignal): Promise<Socket> {
  const url = new URL(proxy.url);
  const host = bareHost(url);
  const target = `${address.hostname}:${portOf(address)}`;
  const headers = { host: target, ...credentials(url) };
  const options = { host, port: url.port, ...serverName(host), method: 'CONNECT', path: target, agent: false, signal };
  const request = (url.protocol === 'https:' ? https : http).request({ ...options, headers });
  // An error after the tunnel is open must not end the process.
  request.on('error', () => {});
  request.end();
  const [response, socket, head] = (await once(request, 'connect').catch((cause: unknown) => {
    throw signal.aborted
      ? signal.reason
      : new ProxyError('proxy_unreachable', `the proxy ${proxyName(proxy)} gives no answer`, { cause });
  })) as [IncomingMessage, Socket, Buffer];
  const { statusCode: status = 0 } = response;
  if (status >= 200 && status < 300) {
    socket.unshift(head);
    return socket;
  }
  socket.destroy();
  const hint = status === 407 ? ': it wants a user name and a password (http://user:password@host:port)' : '';
  throw new ProxyError('proxy_refused', `the proxy ${proxyName(proxy)} answered ${status} for ${target}${hint}`);
}

function credentials({ username, password }: URL): { 'proxy-authorization'?: string } {
  if (username === '' && password === '') return {};
  const pair = `${querystring.unescape(username)}:${querystring.unescape(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** SNI carries names only, never IP addresses. */
function serverName(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

/** Returns a URL's host without the brackets of IPv6. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}
