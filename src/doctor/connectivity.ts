import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { isLoopbackHost } from '../config/env.ts';
import { ProxyError, systemCode } from '../errors.ts';
import type { Installation } from '../installation.ts';
import { bareHost, connectThrough, portOf, proxyFor, proxyName, secured } from '../proxy.ts';
import { type CheckContext, type Finding, fail, pass } from './check.ts';

/** Connects to the address in `variable`, through the proxy if there is one, with TLS for https. Sends nothing. */
export async function checkAddress(
  address: URL,
  variable: string,
  { config, installed, clock }: CheckContext,
  signal: AbortSignal,
): Promise<Finding> {
  const proxy = proxyFor(address, config.proxy);
  const startedAtMs = clock.now();
  try {
    const socket = await (proxy === undefined
      ? connectDirectly(address, signal)
      : connectThrough(proxy, address, signal));
    const protocol = socket instanceof tls.TLSSocket ? (socket.getProtocol() ?? 'TLS') : 'plain TCP';
    socket.destroy();
    const route = proxy === undefined ? '' : `, through the proxy ${proxyName(proxy)}`;
    return pass(`${address.host}: ${protocol} in ${clock.now() - startedAtMs} ms${route}`);
  } catch (error) {
    return unreachable(error, address, variable, installed);
  }
}

async function connectDirectly(address: URL, signal: AbortSignal): Promise<net.Socket> {
  const socket = net.connect({ host: bareHost(address), port: portOf(address) });
  try {
    await once(socket, 'connect', { signal });
    return address.protocol === 'https:' ? await secured(socket, address, signal) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The finding for a connection or request that failed with `error`. */
export function unreachable(error: unknown, address: URL, variable: string, installed: Installation): Finding {
  const reason = error instanceof ProxyError ? error.message : reasonOf(error);
  const fix =
    error instanceof ProxyError
      ? 'Check HTTPS_PROXY, and name in NO_PROXY the hosts that are reached without it.'
      : connectionFix(reason, variable, address.hostname, installed);
  return fail(`${address.host} cannot be reached: ${reason}`, fix);
}

/** The code of the system for a failure, else the message of its innermost cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return systemCode(error) ?? (error.cause === undefined ? error.message : reasonOf(error.cause));
}

/** What to do about a code of the system or of TLS. */
export function connectionFix(code: string, variable: string, hostname: string, installed: Installation): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `Check the host name in ${variable}, and that this machine can look names up (a private endpoint has names of its own network).`;
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code))
    return `Nothing there speaks https: set ${variable} to the http address (of this machine alone), or to the https address of the tunnel itself.`;
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|SSL|TLS|EPROTO/.test(code))
    return `Its certificate is not trusted here: check ${variable}, and where a proxy opens TLS name its certificate in NODE_EXTRA_CA_CERTS.`;
  if (code === 'ECONNREFUSED' && isLoopbackHost(hostname)) {
    const simulator = installed === 'project' ? 'the simulator (npm run simulator)' : 'the simulator';
    const server = /^(AZURE_OPENAI_ENDPOINT|OPENAI_BASE_URL)$/.test(variable) ? simulator : `what ${variable} names`;
    return `Nothing listens there: is ${server} running, and on the port in ${variable}?`;
  }
  return `Check ${variable}, and that a firewall or a private endpoint lets this machine through; where only a proxy leads out, name it in HTTPS_PROXY.`;
}
