import { lookup } from 'node:dns/promises';
import net from 'node:net';
import tls from 'node:tls';
import type { Clock } from '../clock.ts';
import { systemCode } from '../errors.ts';
import { type Check, type Finding, fail, pass } from './check.ts';

/** A place in the network that has to be reached, and how. */
export interface Place {
  readonly name: string;
  /** `http:` or `https:`. */
  readonly address: () => Promise<URL>;
  /** The variable that it comes from. */
  readonly variable: string;
  readonly clock: Clock;
}

const LIMIT_MS = 10_000;

/** Looks the name up and connects, with TLS where the address is https; sends nothing. */
export function reachCheck({ name, address, variable, clock }: Place): Check {
  const lateTodo = `See that a firewall or a private endpoint lets this machine reach the address in ${variable}.`;
  return {
    name,
    limitMs: LIMIT_MS,
    lateTodo,
    run: async (signal) => reach(await address(), variable, clock, signal),
  };
}

async function reach(address: URL, variable: string, clock: Clock, signal: AbortSignal): Promise<Finding> {
  const host = address.hostname.replace(/^\[|\]$/g, '');
  const startedAtMs = clock.now();
  try {
    const addresses = await lookup(host, { all: true });
    const foundAtMs = clock.now();
    const protocol = await connect(address, host, signal);
    const figures = { dnsMs: foundAtMs - startedAtMs, connectMs: clock.now() - foundAtMs, protocol };
    const { dnsMs, connectMs } = figures;
    return pass(
      `${address.host}: ${addresses.length} address(es) in ${dnsMs} ms, ${protocol} in ${connectMs} ms`,
      figures,
    );
  } catch (error) {
    const code = reasonOf(error);
    return fail(`${address.host} cannot be reached: ${code}`, reachTodo(code, variable));
  }
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

/** What to do about a code of the system or of TLS. */
export function reachTodo(code: string, variable: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `Check the host name in ${variable}, and that this machine can look names up (a private endpoint has names of its own network).`;
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|SSL|TLS|EPROTO/.test(code))
    return `Its certificate is not trusted here: check ${variable}, and where a proxy opens TLS name its certificate in NODE_EXTRA_CA_CERTS.`;
  return `Check ${variable}, and that a firewall or a private endpoint lets this machine through (an HTTP proxy is not used).`;
}
