import type { AddressInfo } from 'node:net';
import { createServer, type Request, type Response, type Server } from 'restify';
import type { AudioStore } from '../audio/audio-store.ts';
import type { Clock } from '../clock.ts';
import type { Recordings } from '../conversation/recordings/recordings.ts';
import { RequestError, StoreError } from '../errors.ts';
import type { Build } from '../installation.ts';
import type { Logger } from '../log.ts';
import { checkActivity, type InboundActivity } from './activity-guard.ts';
import { audioRoute, isSoundFile } from './audio-route.ts';
import { boundedReader } from './json-body.ts';
import { checkHost, checkSource } from './loopback-guard.ts';
import type { AboutFacts } from './pages/about/page.ts';
import { aboutRoute } from './pages/about/route.ts';
import { homeRoute } from './pages/home/route.ts';
import { playerRoute } from './pages/player/route.ts';
import { TEAMS_LIBRARY_PATH, teamsLibraryRoute } from './pages/player/teams-library.ts';
import { RECORDER_PATH, recorderRoute } from './pages/record/recorder.ts';
import { recordingPageRoute } from './pages/record/route.ts';
import { uploadRoute } from './pages/record/upload.ts';
import { limitRequestTime } from './request-time.ts';
import { SoundReader } from './sound-reader.ts';

/** What goes back in the response of a delivered activity, where it is more than "taken". */
export interface InBandAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** What the routes need of the rest of the program. */
export interface HttpOptions {
  /** Gives an activity to the bot. Rejects with a RequestError for a request that is refused. */
  readonly deliver: (authorization: string, activity: InboundActivity) => Promise<InBandAnswer | undefined>;
  readonly audioStore: AudioStore;
  readonly recordings: Pick<Recordings, keyof Recordings>;
  /** What the page on the bot says of it. */
  readonly about: AboutFacts;
  /** What `/health` reports beside the state. */
  readonly build: Build;
  readonly clock: Clock;
  readonly isDraining: () => boolean;
  /**
   * Checks a bearer token as far as that can be done without its activity. Rejects with a RequestError. Missing where
   * callers show no token: the bot has no app id.
   */
  readonly verifyToken?: ((authorization: string) => Promise<void>) | undefined;
  /** Without a token only clients on this machine are served, unless the operator opened the bot to others. */
  readonly onlyLoopback: boolean;
  /** The name under which the operator says that the bot is reached. */
  readonly publicHost?: string | undefined;
  readonly log: Logger;
}

/** The listening side of the bot. */
export interface HttpServer {
  /** Resolves with the port that is listened to. Rejects when the address cannot be had. */
  listen(port: number, host: string | undefined): Promise<number>;
  /** Stops listening, lets answers go out, then cuts what is still open. Safe to call twice. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 2_000;
/** On a socket on which nothing moves, such as one whose client does not read. App Service cuts at 240 s itself. */
const STANDSTILL_MS = 240_000;
const CLOSE_SWEEP_MS = 50;
const CLOSE_GRACE_MS = 3_000;

type Handler = (request: Request, response: Response) => Promise<void>;

/** The routes of the bot. Listens only when told to. */
export function createHttpServer(options: HttpOptions): HttpServer {
  const server = createServer({ name: '', ignoreTrailingSlash: true, handleUncaughtExceptions: false });
  setLimits(server);
  ignoreUpgrades(server);
  checkAddress(server, options);
  const guard = (handler: Handler) => guarded(handler, options.log);
  const read = (path: string, handler: Handler) => {
    server.get(path, guard(handler));
    server.head(path, guard(handler));
  };
  server.post('/api/messages', guard(messagesRoute(options)));
  read('/audio/:file', soundOrPlayer(options));
  read(TEAMS_LIBRARY_PATH, teamsLibraryRoute());
  read(RECORDER_PATH, recorderRoute());
  read('/record/:link', recordingPageRoute(options));
  server.post('/record/:link', guard(uploadRoute(options)));
  read('/', homeRoute());
  read('/about', aboutRoute(options.about));
  read('/health', healthRoute(options));
  answerRoutingErrors(server);
  return { listen: (port, host) => listen(server, port, host), close: () => close(server) };
}

/** Runs before any route is looked for. A load balancer asks for `/health` by whatever address it knows. */
function checkAddress(server: Server, { onlyLoopback, publicHost, log }: HttpOptions): void {
  server.pre((request, response, next) => {
    try {
      const isHealth = /^\/health\/?(?:\?|$)/.test(request.url ?? '');
      if (onlyLoopback && !isHealth) checkHost(request, publicHost);
      requireUrl(request);
    } catch (error) {
      refuse(response, refusalOf(error, request, log));
      return next(false);
    }
    next();
  });
}

/** restify joins Host and target to a URL outside of any handler: one that it cannot read would end the process. */
function requireUrl(request: Request): void {
  try {
    request.getUrl();
  } catch {
    throw new RequestError('bad_request', 'The Host and the address of this request are no URL.');
  }
}

function messagesRoute(options: HttpOptions): Handler {
  const { deliver, isDraining, verifyToken, onlyLoopback, publicHost } = options;
  const readBody = boundedReader(verifyToken && ((request) => verifyToken(request.headers.authorization ?? '')));
  return async function takeMessage(request, response) {
    if (onlyLoopback) checkSource(request, publicHost);
    if (isDraining()) throw new RequestError('draining', 'The bot is being restarted. Please deliver this again.');
    const { authorization = '' } = request.headers;
    // Before anything of the body is kept: strangers get no memory of ours.
    if (verifyToken !== undefined && !/^bearer \S/i.test(authorization)) {
      throw new RequestError('unauthorized', 'The token is missing, or it is not valid for this bot.');
    }
    const activity = checkActivity(await readBody(request), { onlyLoopback });
    const answer = await deliver(authorization, activity);
    sendJson(response, answer?.status ?? 200, answer?.body ?? {});
  };
}

function soundOrPlayer({ audioStore, clock }: HttpOptions): Handler {
  const links = { sounds: new SoundReader(audioStore), clock };
  const [serveSound, servePlayer] = [audioRoute(links), playerRoute(links)];
  return (request, response) =>
    isSoundFile(String(request.params.file)) ? serveSound(request, response) : servePlayer(request, response);
}

function healthRoute({ isDraining, build }: HttpOptions): Handler {
  return async function tellHealth(_request, response) {
    const status = isDraining() ? 'draining' : 'ok';
    sendJson(response, isDraining() ? 503 : 200, { status, ...build });
  };
}

/** No request ends the process or sees our inside, whatever the handler does. */
function guarded(handler: Handler, log: Logger) {
  return async function handle(request: Request, response: Response): Promise<void> {
    try {
      await handler(request, response);
    } catch (error) {
      refuse(response, refusalOf(error, request, log));
    }
  };
}

function refusalOf(error: unknown, request: Request, log: Logger): Refusal {
  if (error instanceof RequestError) return error;
  if (error instanceof StoreError) {
    log.warn({ err: error }, 'the store does not answer, a request is refused');
    return { status: 503, code: 'busy', message: 'This cannot be looked up right now. Please try again.' };
  }
  // Not the address itself, which may be the key to what it names.
  log.error({ err: error, route: request.getRoute()?.path }, 'request broke');
  return { status: 500, code: 'internal', message: 'Something went wrong here.' };
}

/** What the caller is told. */
interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

function refuse(response: Response, { status, code, message }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What is left of a body that is refused is not waited for.
  if ([401, 403, 413, 415, 503].includes(status)) response.setHeader('Connection', 'close');
  if (status === 503) response.setHeader('Retry-After', '5');
  sendJson(response, status, { code, message });
}

/** By restify's own `sendRaw`: it would answer a routing error a second time that was answered past it. */
function sendJson(response: Response, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.sendRaw(status, text, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(text)),
    'Cache-Control': 'no-store',
  });
}

function answerRoutingErrors(server: Server): void {
  server.on('restifyError', (_request, response: Response, error: { statusCode?: number }, done: () => void) => {
    const status = error.statusCode ?? 500;
    const code = status === 405 ? 'method_not_allowed' : status === 404 ? 'not_found' : 'bad_request';
    if (!response.headersSent) refuse(response, { status, code, message: 'There is nothing here for this request.' });
    done();
  });
}

/**
 * Nobody speaks another protocol here, and a socket that waits for one would outlive the server. Without restify's
 * listener Node answers such a request as any other, as HTTP wants it.
 */
function ignoreUpgrades({ server }: Server): void {
  server.removeAllListeners('upgrade');
}

function setLimits({ server }: Server): void {
  limitRequestTime(server);
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = STANDSTILL_MS;
}

/** restify emits the errors of its inner server once more, and throws them where nobody listens. */
function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    const onListening = () => resolve((server.server.address() as AddressInfo).port);
    if (host === undefined) server.listen(port, onListening);
    else server.listen(port, host, onListening);
  });
}

/** Answers that are on their way still arrive; a connection that has none is closed as soon as it is seen. */
function close({ server }: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const sweep = setInterval(() => server.closeIdleConnections(), CLOSE_SWEEP_MS);
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
