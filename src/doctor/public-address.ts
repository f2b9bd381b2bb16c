import type { Config } from '../config/config.ts';
import { FRAMING_HOSTS } from '../http/pages/page.ts';
import type { Installation } from '../installation.ts';
import { fieldsOf } from '../json-access.ts';
import { type Check, type DoctorDeps, type Finding, fail, pass, skipped } from './check.ts';
import { reachFix, reasonOf } from './connectivity.ts';

const HEALTH = 'public address';

const LIMIT_MS = 20_000;
/** No link of a reply is like it. */
const UNKNOWN = 'unknown-to-everybody';

/** Where the bot should be found. */
interface Base {
  readonly url: string;
  /** What says so. PORT: nothing else is set, and the bot is for clients on this machine. */
  readonly variable: 'PUBLIC_BASE_URL' | 'WEBSITE_HOSTNAME' | 'PORT';
  readonly installed: Installation;
}

function startIt(installed: Installation): string {
  return `start the bot (${installed === 'project' ? 'npm start' : 'node dist/index.js'})`;
}

function nobodyThere({ variable, installed }: Base): string {
  return `S${startIt(installed).slice(1)}, or check the tunnel, or App Service, that ${variable} leads to.`;
}

function notThisBot({ variable }: Base): string {
  return variable === 'PORT'
    ? 'Another program has this port: end it, or set PORT to that of the bot.'
    : `Something else answers there: check ${variable}, the port that the tunnel leads to, and that nothing before the bot asks for a login or shows a page of its own.`;
}

/** Whether PUBLIC_BASE_URL leads to this bot, as its users and the channels will find it. */
export function publicAddressChecks(deps: DoctorDeps): readonly Check[] {
  const base = baseOf(deps);
  if (base === undefined) {
    const why = 'PUBLIC_BASE_URL is not set: Teams and other channels get text without sound';
    return [{ name: HEALTH, limitMs: LIMIT_MS, lateFix: '', run: async () => skipped(why) }, ...endpointCheck(deps)];
  }
  const bounds = { limitMs: LIMIT_MS, lateFix: nobodyThere(base) };
  return [
    { name: HEALTH, ...bounds, run: (signal) => checkHealth(base, signal) },
    { name: 'player page', needs: [HEALTH], ...bounds, run: (signal) => checkPlayer(base, signal) },
    { name: 'messages route', needs: [HEALTH], ...bounds, run: (signal) => checkMessages(base, deps.config, signal) },
    ...endpointCheck(deps, base.url),
  ];
}

const SHOW_ENDPOINT = 'az bot show --resource-group <group> --name <bot> --query properties.endpoint --output tsv';

/** Where Azure delivers messages only Azure knows: the command that shows it, and what it has to print. */
function endpointCheck({ config: { isAuthenticated } }: DoctorDeps, base = ''): readonly Check[] {
  if (!isAuthenticated) return [];
  const expected = base.startsWith('https:') ? `${base}/api/messages` : '<PUBLIC_BASE_URL, https>/api/messages';
  const said = `not known from here: compare ${expected} with what Azure has for the bot: ${SHOW_ENDPOINT}`;
  return [{ name: 'bot endpoint', limitMs: LIMIT_MS, lateFix: '', run: async () => skipped(said) }];
}

function baseOf({ config: { publicBaseUrl, port }, env, installed }: DoctorDeps): Base | undefined {
  if (publicBaseUrl === 'localhost')
    return port === 0 ? undefined : { url: `http://localhost:${port}`, variable: 'PORT', installed };
  if (publicBaseUrl === undefined) return undefined;
  const isNamed = (env['PUBLIC_BASE_URL'] ?? '').trim() !== '';
  return { url: publicBaseUrl, variable: isNamed ? 'PUBLIC_BASE_URL' : 'WEBSITE_HOSTNAME', installed };
}

async function checkHealth(place: Base, signal: AbortSignal): Promise<Finding> {
  const { url: base, variable, installed } = place;
  let answer: Answer;
  try {
    answer = await ask(`${base}/health`, { signal });
  } catch (error) {
    signal.throwIfAborted();
    const code = reasonOf(error);
    // Nobody has said that it should run by now.
    if (variable === 'PORT' && code === 'ECONNREFUSED')
      return skipped(
        `nothing listens at ${base} (PORT): ${startIt(installed)}, or set PORT to its port, then this once more`,
      );
    const isAway = /REFUSED|RESET|TIMEDOUT|CLOSED|SOCKET/.test(code);
    const { hostname } = new URL(base);
    const fix = isAway ? nobodyThere(place) : reachFix(code, { variable, hostname, installed });
    return fail(`${base} does not answer: ${code}`, fix);
  }
  const { status, location, body, tookMs } = answer;
  if (status >= 300 && status < 400)
    return fail(
      `${base}/health leads on to ${originOf(location, base)} (${status})`,
      `Set ${variable} to the address that answers itself; a tunnel has to let everybody in (devtunnel: --allow-anonymous).`,
    );
  const told = fieldsOf(body)['status'];
  if (status === 503 && told === 'draining')
    return fail('the bot is just stopping', 'Run this again once it has started.');
  if (status !== 200 || told !== 'ok') return fail(`${base}/health: ${described(answer)}`, notThisBot(place));
  const head = await ask(`${base}/health`, { method: 'HEAD', signal });
  if (head.status !== 200) return fail(`${base}/health: HEAD is answered with ${head.status}`, notThisBot(place));
  const reach = base.startsWith('https:') ? '' : ' (for clients on this machine)';
  return pass(`${base}${reach}: the bot answers in ${tookMs} ms`, { tookMs });
}

/** Its headers are the bot's own, and nothing on the way has taken or added any that matter: else Teams shows no dialog. */
async function checkPlayer(place: Base, signal: AbortSignal): Promise<Finding> {
  const url = `${place.url}/audio/${UNKNOWN}`;
  const page = await ask(url, { signal });
  if (page.status !== 404 || !page.type.startsWith('text/html'))
    return fail(`${url}: ${described(page)}`, notThisBot(place));
  const sound = await ask(`${url}.wav`, { signal });
  if (sound.status !== 404 || fieldsOf(sound.body)['code'] !== 'not_found')
    return fail(`${url}.wav: ${described(sound)}`, notThisBot(place));
  const head = await ask(url, { method: 'HEAD', signal });
  if (head.status !== 404) return fail(`${url}: HEAD is answered with ${head.status}`, notThisBot(place));
  const wrong = wrongHeaders(page.headers);
  if (wrong.length === 0) return pass('404 for what nobody was given, with the headers that let Teams show the page');
  return fail(
    `the player page comes with ${wrong.join(' and ')}`,
    'Have the proxy or tunnel before the bot leave these headers as they are.',
  );
}

function wrongHeaders(headers: Headers): readonly string[] {
  const policy = headers.get('content-security-policy') ?? '';
  const isNosniff = headers.get('x-content-type-options')?.toLowerCase() === 'nosniff';
  return [
    policy.includes(`frame-ancestors ${FRAMING_HOSTS}`) ? '' : "another Content-Security-Policy than the bot's",
    headers.has('x-frame-options') ? 'an X-Frame-Options' : '',
    isNosniff ? '' : 'no X-Content-Type-Options',
  ].filter((each) => each !== '');
}

async function checkMessages(place: Base, { isAuthenticated }: Config, signal: AbortSignal): Promise<Finding> {
  const url = `${place.url}/api/messages`;
  const answer = await ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    signal,
  });
  const code = fieldsOf(answer.body)['code'];
  const isRefused = answer.status === 401 && code === 'unauthorized';
  const isRead = answer.status === 400 && code === 'bad_request';
  // Without an app id it is refused wherever a tunnel or a proxy forwards it.
  if (answer.status === 403 && code === 'forbidden' && !isAuthenticated)
    return pass('a message from elsewhere is refused (403): the bot has no app id and serves this machine alone');
  if (!isRefused && !isRead) return fail(`POST ${url}: ${described(answer)}`, notThisBot(place));
  if (isRefused && isAuthenticated) return pass('a message without a token is refused (401)');
  if (isRead && !isAuthenticated) return pass('what is not a message is refused (400); the bot asks for no token');
  const said = isRead ? 'a bot answers there that asks for no token' : 'a bot answers there that asks for a token';
  return fail(
    said,
    `It has another MicrosoftAppId than is set up here: restart it, or have ${place.variable} lead to the right one.`,
  );
}

/** What came back. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly type: string;
  readonly location: string;
  /** JSON, where it is. */
  readonly body: unknown;
  readonly tookMs: number;
}

const MAX_BODY_CHARS = 10_000;

/** Asks without following where it is sent. */
async function ask(url: string, request: RequestInit): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(url, { ...request, redirect: 'manual' });
  const text = await response.text();
  const { status, headers } = response;
  const tookMs = Math.round(performance.now() - startedAt);
  const [type, location] = [headers.get('content-type') ?? '', headers.get('location') ?? ''];
  return { status, headers, type, location, tookMs, body: text.length > MAX_BODY_CHARS ? undefined : parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function described({ status, type }: Answer): string {
  return `${status} ${type.split(';')[0] || 'without a content type'}, which is not what the bot answers`;
}

/** Not the whole: a login page has who knows what in its address. */
function originOf(location: string, base: string): string {
  return URL.canParse(location, base) ? new URL(location, base).origin : 'nowhere';
}
