import { lookup } from 'node:dns/promises';
import net from 'node:net';
import tls from 'node:tls';
import { isLoopbackHost } from '../config/env.ts';
import type { ProxySettings } from '../config/proxy-settings.ts';
import { ProxyError, systemCode } from '../errors.ts';
import type { Installation } from '../installation.ts';
import { connectThrough, proxyFor, proxyName } from '../proxy.ts';
import { type Check, type DoctorDeps, type Finding, fail, pass } from './check.ts';

/** A place in the network that has to be reached, and how. */
export interface Place {
  readonly name: string;
  /** `http:` or `https:`. */
  readonly address: () => Promise<URL>;
  /** The variable that it comes from. */
  readonly variable: string;
}

type ReachDeps = Pick<DoctorDeps, 'clock' | 'config' | 'installed'>;

const LIMIT_MS = 10_000;

/** Looks the name up and connects, or has a proxy do so, with TLS where the address is https; sends nothing. */
export function reachCheck({ name, address, variable }: Place, deps: ReachDeps): Check {
  const { proxy } = deps.config;
  const lateFix =
    proxy === undefined
      ? `See that a firewall or a private endpoint lets this machine reach the address in ${variable}.`
      : `See that the proxy ${proxyName(proxy)} (HTTPS_PROXY) answers, and reaches the address in ${variable}.`;
  return {
    name,
    limitMs: LIMIT_MS,
    lateFix,
    run: async (signal) => reach(await address(), variable, deps, signal),
  };
}

/** The same at once, for a check that has more to ask. */
export async function reach(address: URL, variable: string, deps: ReachDeps, signal: AbortSignal): Promise<Finding> {
  const proxy = proxyFor(address, deps.config.proxy);
  try {
    return await (proxy === undefined
      ? connectDirectly(address, deps, signal)
      : throughProxy(proxy, address, deps, signal));
  } catch (error) {
    if (error instanceof ProxyError) {
      const fix = 'Check HTTPS_PROXY, and name in NO_PROXY the hosts that are reached without it.';
      return fail(`${address.host} cannot be reached: ${error.message}`, fix);
    }
    const code = reasonOf(error);
    const fix = reachFix(code, { variable, hostname: address.hostname, installed: deps.installed });
    return fail(`${address.host} cannot be reached: ${code}`, fix);
  }
}

async function throughProxy(
  proxy: ProxySettings,
  address: URL,
  { clock }: ReachDeps,
  signal: AbortSignal,
): Promise<Finding> {
  const startedAtMs = clock.now();
  const socket = await connectThrough(proxy, address, signal);
  const protocol = socket.getProtocol() ?? 'TLS';
  socket.destroy();
  const figures = { connectMs: clock.now() - startedAtMs, protocol };
  return pass(
    `${address.host}: ${protocol} in ${figures.connectMs} ms, through the proxy ${proxyName(proxy)}`,
    figures,
  );
}

async function connectDirectly(address: URL, { clock }: ReachDeps, signal: AbortSignal): Promise<Finding> {
  const host = address.hostname.replace(/^\[|\]$/g, '');
  const startedAtMs = clock.now();
  const addresses = await lookup(host, { all: true });
  const foundAtMs = clock.now();
  const protocol = await connect(address, host, signal);
  const figures = { dnsMs: foundAtMs - startedAtMs, connectMs: clock.now() - foundAtMs, protocol };
  const { dnsMs, connectMs } = figures;
  const found = addresses.length === 1 ? '1 address' : `${addresses.length} addresses`;
  return pass(`${address.host}: ${found} in ${dnsMs} ms, ${protocol} in ${connectMs} ms`, figures);
}

/** Resolves with what is spoken, once the connection stands; it is closed again. */
function connect(address: URL, host: string, signal: AbortSignal): Promise<string> {
  const isSecure = address.protocol === 'https:';
  const port = Number(address.port) || (isSecure ? 443 : 80);
  return new Promise((resolve, reject) => {
    const servername = net.isIP(host) === 0 ? { servername: host } : {};
    const socket = isSecure ? tls.connect({ host, port, ...servername }) : net.connect({ host, port });
    const end = () => socket.destroy();
    signal.addEventListener('abort', end, { once: true });
    socket.once('error', reject);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      resolve(socket instanceof tls.TLSSocket ? (socket.getProtocol() ?? 'TLS') : 'plain TCP');
      signal.removeEventListener('abort', end);
      end();
    });
  });
}

/** The system's own word for why there is no answer, else what the innermost cause says. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return systemCode(error) ?? (error.cause === undefined ? error.message : reasonOf(error.cause));
}

/** What could not be reached. */
interface Unreached {
  readonly variable: string;
  /** As it stands in a URL. */
  readonly hostname: string;
  readonly installed: Installation;
}

/** What to do about a code of the system or of TLS. */
export function reachFix(code: string, { variable, hostname, installed }: Unreached): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `Check the host name in ${variable}, and that this machine can look names up (a private endpoint has names of its own network).`;
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code))
    return `Nothing there speaks https: set ${variable} to the http address (of this machine alone), or to the https address of the tunnel itself.`;
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|SSL|TLS|EPROTO/.test(code))
    return `Its certificate is not trusted here: check ${variable}, and where a proxy opens TLS name its certificate in NODE_EXTRA_CA_CERTS.`;
  if (code === 'ECONNREFUSED' && isLoopbackHost(hostname))
    return `Nothing listens there: is ${whoListens(variable, installed)} running, and on the port in ${variable}?`;
  return `Check ${variable}, and that a firewall or a private endpoint lets this machine through; where only a proxy leads out, name it in HTTPS_PROXY.`;
}

/** What usually is behind an address of this machine. */
function whoListens(variable: string, installed: Installation): string {
  if (variable === 'AZURE_OPENAI_ENDPOINT' || variable === 'OPENAI_BASE_URL')
    return installed === 'project' ? 'the simulator (npm run simulator)' : 'the simulator';
  return `what ${variable} names`;
}
