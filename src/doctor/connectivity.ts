import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { isLoopbackHost } from '../config/env.ts';
import { ProxyError, systemCode } from '../errors.ts';
import type { Installation } from '../installation.ts';
import { bareHost, connectThrough, portOf, proxyFor, proxyName, upgradeToTls } from '../proxy.ts';
import { type CheckContext, type Finding, fail, pass } from './check.ts';

/** Connects to the address in `variable`, through the proxy if there is one, with TLS for https. Sends nothing. */
export async function checkAddress(
  address: URL,
  variable: string,
  { config, installation, clock }: CheckContext,
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
    return unreachableFinding(error, address, variable, installation);
  }
}

async function connectDirectly(address: URL, signal: AbortSignal): Promise<net.Socket> {
  const socket = net.connect({ host: bareHost(address), port: portOf(address) });
  try {
    await once(socket, 'connect', { signal });
    return address.protocol === 'https:' ? await upgradeToTls(socket, address, signal) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The finding for a connection or request that failed with `error`. */
export function unreachableFinding(
  error: unknown,
  address: URL,
  variable: string,
  installation: Installation,
): Finding {
  const reason = error instanceof ProxyError ? error.message : reasonOf(error);
  const fix =
    error instanceof ProxyError
      ? 'Check HTTPS_PROXY, and list in NO_PROXY the hosts to reach without it.'
      : connectionFix(reason, variable, address.hostname, installation);
  return fail(`${address.host} cannot be reached: ${reason}`, fix);
}

/** The code of the system for a failure, else the message of its innermost cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return systemCode(error) ?? (error.cause === undefined ? error.message : reasonOf(error.cause));
}

/** What to do about a code of the system or of TLS. */
export function connectionFix(code: string, variable: string, hostname: string, installation: Installation): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `Check the host name in ${variable}, and that this machine can resolve it (a private endpoint has a name in its own network only).`;
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code))
    return `The port does not speak https: set ${variable} to an http address (this machine only), or to the https address of the tunnel.`;
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|SSL|TLS|EPROTO/.test(code))
    return `This machine does not trust its certificate: check ${variable}, and if a proxy intercepts TLS, set NODE_EXTRA_CA_CERTS to its certificate.`;
  if (code === 'ECONNREFUSED' && isLoopbackHost(hostname)) {
    const simulator = installation === 'project' ? 'the simulator (npm run simulator)' : 'the simulator';
    const server = /^(AZURE_OPENAI_ENDPOINT|OPENAI_BASE_URL)$/.test(variable) ? simulator : `what ${variable} names`;
    return `Nothing is listening there: is ${server} running on the port in ${variable}?`;
  }
  return `Check ${variable}, and that firewalls and private endpoints let this machine through. If only a proxy leads out, set HTTPS_PROXY.`;
}
