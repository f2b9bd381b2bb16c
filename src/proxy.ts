import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import querystring from 'node:querystring';
import tls from 'node:tls';
import { isLoopbackHost } from './env.ts';
import { ProxyError } from './errors.ts';
import type { ProxySettings } from './proxy-settings.ts';

/** The host and port of a proxy, without what it is asked with. */
export function proxyName({ url }: ProxySettings): string {
  return new URL(url).host;
}

/** The proxy for an address; `undefined` = the direct way, as for loopback hosts always. */
export function proxyFor(address: URL, settings: ProxySettings | undefined): ProxySettings | undefined {
  if (settings === undefined || isLoopbackHost(address.hostname)) return undefined;
  return settings.exceptions.some((entry) => isException(address, entry)) ? undefined : settings;
}

function isException(address: URL, entry: string): boolean {
  if (entry === '*') return true;
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  const isHost = address.hostname === host || address.hostname.endsWith(`.${host}`);
  return isHost && (port === undefined || port === portOf(address));
}

function portOf({ port }: URL): string {
  return port === '' ? '443' : port;
}

/**
 * Has `fetch` and the default agents of Node take the proxy for https: what botbuilder and MSAL ask by them, and uploads.
 * Node can do so from 24.14 on; an older one reaches these hosts directly. To be called before the first request.
 */
export function setDefaultProxy(settings: ProxySettings | undefined): void {
  if (settings === undefined) return;
  const exceptions = settings.exceptions.flatMap((entry) => (entry === '*' ? [entry] : [entry, `.${entry}`]));
  const NO_PROXY = [...exceptions, 'localhost', '127.0.0.1', '[::1]'].join(',');
  if ('setGlobalProxyFromEnv' in http) http.setGlobalProxyFromEnv({ HTTPS_PROXY: settings.url, NO_PROXY });
}

/**
 * Opens a connection with TLS to the host of an address, through the proxy, which looks its name up. Rejects with a
 * ProxyError, with what TLS fails with, or with the reason of `signal`, which has no effect on the open connection.
 */
export async function connectThrough(proxy: ProxySettings, address: URL, signal: AbortSignal): Promise<tls.TLSSocket> {
  const tunnel = await openTunnel(proxy, address, signal);
  const host = address.hostname;
  const secure = tls.connect({ socket: tunnel, host, ...serverName(host), ALPNProtocols: ['http/1.1'] });
  // One that comes when nobody waits must not end the process.
  secure.on('error', () => {});
  try {
    await once(secure, 'secureConnect', { signal });
    return secure;
  } catch (err) {
    tunnel.destroy();
    throw signal.aborted ? signal.reason : err;
  }
}

/** RFC 9110, 9.3.6. */
function openTunnel(proxy: ProxySettings, address: URL, signal: AbortSignal): Promise<Socket> {
  const { protocol, hostname, port, username, password } = new URL(proxy.url);
  const host = bare(hostname);
  const target = `${address.hostname}:${portOf(address)}`;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const request = (protocol === 'https:' ? https : http).request({
    ...{ host, port, ...serverName(host), method: 'CONNECT', path: target, agent: false, signal },
    headers: { host: target, ...credentials(username, password) },
  });
  request.on('connect', ({ statusCode = 0 }, socket, head) => {
    if (statusCode >= 200 && statusCode < 300) {
      socket.unshift(head);
      return resolve(socket);
    }
    socket.destroy();
    reject(refusal(proxy, target, statusCode));
  });
  // Whoever answers a CONNECT otherwise is none, and Node ends its connection.
  request.on('error', (cause) => {
    const said = `the proxy ${proxyName(proxy)} gives no answer`;
    reject(signal.aborted ? signal.reason : new ProxyError('proxy_unreachable', said, { cause }));
  });
  request.end();
  return promise;
}

function refusal(proxy: ProxySettings, target: string, status: number): ProxyError {
  const why = status === 407 ? ': it wants a user name and a password (http://user:password@host:port)' : '';
  return new ProxyError('proxy_refused', `the proxy ${proxyName(proxy)} answered ${status} for ${target}${why}`);
}

function credentials(username: string, password: string): { 'proxy-authorization'?: string } {
  if (username === '' && password === '') return {};
  const pair = `${querystring.unescape(username)}:${querystring.unescape(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** TLS names no address in numbers. */
function serverName(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
