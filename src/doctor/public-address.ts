import { OWN_PORT_URL } from '../config/config.ts';
import { FRAMING_HOSTS } from '../http/pages/page.ts';
import type { Installation } from '../installation.ts';
import { fieldsOf } from '../json-access.ts';
import { type Check, type CheckContext, type Finding, fail, pass, skipped } from './check.ts';
import { connectionFix, reasonOf } from './connectivity.ts';

const NO_ADDRESS = 'PUBLIC_BASE_URL is not set: Teams and other channels get answers without audio';
const NO_PORT = 'PORT is 0, so the bot chooses its port when it starts: set PORT to that port, then run this again';

/** Where users and channels reach the bot. */
interface PublicAddress {
  readonly url: string;
  /** The setting that it comes from. PORT: only clients on this machine reach the bot. */
  readonly variable: 'PUBLIC_BASE_URL' | 'WEBSITE_HOSTNAME' | 'PORT';
  /** The command that starts the bot. */
  readonly command: string;
}

/** Returns the address, or why there is none to check. */
function addressOf({ config: { publicBaseUrl, port }, env, installation }: CheckContext): PublicAddress | string {
  const command = installation === 'project' ? 'npm start' : 'node dist/index.js';
  if (publicBaseUrl === OWN_PORT_URL)
    return port === 0 ? NO_PORT : { url: `http://localhost:${port}`, variable: 'PORT', command };
  const variable = env['PUBLIC_BASE_URL']?.trim() ? 'PUBLIC_BASE_URL' : 'WEBSITE_HOSTNAME';
  return publicBaseUrl === undefined ? NO_ADDRESS : { url: publicBaseUrl, variable, command };
}

/**
 * Runs a check of the public address. It is skipped if there is none. A request without an answer is a finding, too.
 */
export function atPublicAddress(
  check: (address: PublicAddress, signal: AbortSignal, context: CheckContext) => Promise<Finding>,
): Check['run'] {
  return async function checkAtPublicAddress(context, signal) {
    const address = addressOf(context);
    if (typeof address === 'string') return skipped(address);
    try {
      return await check(address, signal, context);
    } catch (error) {
      signal.throwIfAborted();
      const code = reasonOf(error);
      // After the check of /health, the bot is known to run at this port.
      const finding = check === checkHealth ? notOnPort(code, address) : undefined;
      return finding ?? unansweredFinding(code, address, context.installation);
    }
  };
}

export async function checkHealth(address: PublicAddress, signal: AbortSignal): Promise<Finding> {
  const url = `${address.url}/health`;
  const response = await request(url, { signal });
  const { status, headers, body, tookMs } = response;
  if (status >= 300 && status < 400) {
    // Only its origin: the address of a login page may hold secrets.
    const target = URL.parse(headers.get('location') ?? '', url)?.origin ?? 'nowhere';
    return fail(
      `${url} redirects to ${target} (${status})`,
      `Set ${address.variable} to the final address; a tunnel must allow anonymous access (devtunnel: --allow-anonymous).`,
    );
  }
  if (status === 503 && body['status'] === 'draining')
    return fail('the bot is shutting down', 'Run this again once it has started.');
  // Many programs answer their health route with a status, but not with the bot's version.
  if (status !== 200 || body['status'] !== 'ok' || typeof body['version'] !== 'string')
    return otherServer(`${url}: ${describeResponse(response)}`, address);
  const scope = address.url.startsWith('https:') ? '' : ' (for clients on this machine)';
  return pass(`${address.url}${scope}: the bot answered in ${tookMs} ms`);
}

/** With PORT alone, the bot may simply not be running, or another program uses the port. */
function notOnPort(code: string, address: PublicAddress): Finding | undefined {
  const { url, variable, command } = address;
  if (variable !== 'PORT') return undefined;
  if (code === 'ECONNREFUSED')
    return skipped(
      `nothing is listening at ${url} (PORT): start the bot (${command}), or set PORT to its port, then run this again`,
    );
  return /HTTP|RESET|SOCKET/.test(code) ? otherServer(`${url}: ${code}`, address) : undefined;
}

function unansweredFinding(code: string, address: PublicAddress, installation: Installation): Finding {
  const { url, variable, command } = address;
  const between = variable === 'PORT' ? '' : `, or check the tunnel or App Service at ${variable}`;
  const fix = /REFUSED|RESET|TIMEDOUT|CLOSED|SOCKET/.test(code)
    ? `Start the bot (${command})${between}.`
    : connectionFix(code, variable, new URL(url).hostname, installation);
  return fail(`${url} did not answer: ${code}`, fix);
}

/** Teams shows the player only if its headers arrive as the bot sends them. */
export async function checkPlayer(address: PublicAddress, signal: AbortSignal): Promise<Finding> {
  const url = `${address.url}/audio/unknown-link`;
  const page = await request(url, { signal });
  if (page.status !== 404 || !page.headers.get('content-type')?.startsWith('text/html'))
    return otherServer(`${url}: ${describeResponse(page)}`, address);
  const audio = await request(`${url}.wav`, { signal });
  if (audio.status !== 404 || audio.body['code'] !== 'not_found')
    return otherServer(`${url}.wav: ${describeResponse(audio)}`, address);
  const policy = page.headers.get('content-security-policy') ?? '';
  const isNosniff = page.headers.get('x-content-type-options')?.toLowerCase() === 'nosniff';
  const faults = [
    policy.includes(`frame-ancestors ${FRAMING_HOSTS}`) ? '' : 'a changed Content-Security-Policy',
    page.headers.has('x-frame-options') ? 'an X-Frame-Options' : '',
    isNosniff ? '' : 'no X-Content-Type-Options',
  ].filter((each) => each !== '');
  if (faults.length === 0) return pass('404 for an unknown link, with the headers that let Teams show the page');
  return fail(
    `the player page arrives with ${faults.join(' and ')}`,
    'Configure the proxy or tunnel in front of the bot to leave these headers unchanged.',
  );
}

export async function checkMessages(
  address: PublicAddress,
  signal: AbortSignal,
  { config: { isAuthenticated } }: CheckContext,
): Promise<Finding> {
  const url = `${address.url}/api/messages`;
  const headers = { 'content-type': 'application/json' };
  const response = await request(url, { method: 'POST', headers, body: '{}', signal });
  switch (`${response.status} ${response.body['code']}`) {
    case '401 unauthorized':
      if (isAuthenticated) return pass('a message without a token is refused (401)');
      return otherBot('the bot at this address requires a token', address);
    case '400 bad_request':
      if (!isAuthenticated) return pass('an invalid message is refused (400); the bot requires no token');
      return otherBot('the bot at this address requires no token', address);
    case '403 forbidden':
      // Without an app id, the bot refuses all that a tunnel or proxy forwards.
      if (!isAuthenticated)
        return pass(
          'a message from another machine is refused (403): the bot has no app id and serves this machine only',
        );
  }
  return otherServer(`POST ${url}: ${describeResponse(response)}`, address);
}

function otherBot(message: string, { variable }: PublicAddress): Finding {
  return fail(
    message,
    `It has another MicrosoftAppId than this configuration: restart it, or set ${variable} to the right bot.`,
  );
}

/** `answer` names the address and what came from it. */
function otherServer(answer: string, { variable }: PublicAddress): Finding {
  const fix =
    variable === 'PORT'
      ? 'Another program uses this port: stop it, or set PORT to that of the bot.'
      : `Something else answers there: check ${variable} and the port of the tunnel, and that nothing in front of the bot asks for a login or shows its own page.`;
  return fail(`${answer}, which is not the bot's answer`, fix);
}

function describeResponse({ status, headers }: ProbeResponse): string {
  return `${status} ${headers.get('content-type')?.split(';')[0] || 'without a content type'}`;
}

const SHOW_ENDPOINT = 'az bot show --resource-group <group> --name <bot> --query properties.endpoint --output tsv';

/** Only Azure knows where it delivers messages: names the command that shows it, and what it has to print. */
export function checkEndpoint(context: CheckContext): Finding {
  if (!context.config.isAuthenticated) return skipped('MicrosoftAppId is not set: Azure delivers no messages');
  const address = addressOf(context);
  const base =
    typeof address === 'object' && address.url.startsWith('https:') ? address.url : '<PUBLIC_BASE_URL, https>';
  return skipped(`not checked: compare ${base}/api/messages with the endpoint of the bot in Azure: ${SHOW_ENDPOINT}`);
}

type ProbeResponse = Awaited<ReturnType<typeof request>>;

/** Requests without following a redirect. */
async function request(url: string, options: RequestInit) {
  const startedAtMs = performance.now();
  const response = await fetch(url, { ...options, redirect: 'manual' });
  const { status, headers } = response;
  // A body that is not JSON has no fields.
  const body = fieldsOf(await response.json().catch(() => undefined));
  return { status, headers, body, tookMs: Math.round(performance.now() - startedAtMs) };
}
