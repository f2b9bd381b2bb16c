import type { AddressInfo } from 'node:net';
import { createServer, type Request, type Response, type Server } from 'restify';
import type { AudioStore } from '../audio/audio-store.ts';
import type { Clock } from '../clock.ts';
import type { Recordings } from '../conversation/recordings/recordings.ts';
import { RequestError, StoreError } from '../errors.ts';
import type { Build } from '../installation.ts';
import type { Logger } from '../log.ts';
import { checkActivity, type InboundActivity } from './activity-guard.ts';
import { AudioReader } from './audio-reader.ts';
import { audioRoute } from './audio-route.ts';
import { boundedReader } from './json-body.ts';
import { checkHost, checkSource } from './loopback-guard.ts';
import { type AboutSettings, aboutRoute } from './pages/about.ts';
import { homeRoute } from './pages/home.ts';
import { playerRoute } from './pages/player.ts';
import { recordingPageRoute } from './pages/record/page.ts';
import { uploadRoute } from './pages/record/upload.ts';
import { RECORDER_PATH, serveRecorder, TEAMS_LIBRARY_PATH, teamsLibraryRoute } from './pages/scripts.ts';
import { limitRequestTime } from './request-time.ts';

/** What the response to a delivered activity holds, if it is more than an acknowledgement. */
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
  /** The settings that `/about` names. */
  readonly about: AboutSettings;
  /** A page with a chat client, to which `/` leads. */
  readonly chatPageUrl?: string | undefined;
  /** What `/health` reports beside the state. */
  readonly build: Build;
  readonly clock: Clock;
  readonly isDraining: () => boolean;
  /**
   * Checks a bearer token as far as that is possible without its activity. Rejects with a RequestError. Unset if callers
   * send no token: the bot has no app id.
   */
  readonly verifyToken?: ((authorization: string) => Promise<void>) | undefined;
  /** Without a token only clients on this machine are served, unless the operator opened the bot to others. */
  readonly onlyLoopback: boolean;
  /** The host of PUBLIC_BASE_URL. */
  readonly publicHost?: string | undefined;
  readonly log: Logger;
}

/** The listening side of the bot. */
export interface HttpServer {
  /** Resolves with the port that is listened to. Rejects when the address cannot be used. */
  listen(port: number, host: string | undefined): Promise<number>;
  /** Stops listening, lets responses go out, then closes what is still open. Safe to call twice. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 2_000;
/** For a socket without traffic, such as one whose client does not read. App Service closes at 240 s itself. */
const SOCKET_TIMEOUT_MS = 240_000;
const CLOSE_SWEEP_MS = 50;
const CLOSE_GRACE_MS = 3_000;

type Handler = (request: Request, response: Response) => Promise<void>;

/** The routes of the bot. Listens only after `listen`. */
export function createHttpServer(options: HttpOptions): HttpServer {
  const { audioStore, recordings, clock, about, log } = options;
  const server = createServer({ name: '', ignoreTrailingSlash: true, handleUncaughtExceptions: false });
  limitRequestTime(server.server, clock);
  server.server.maxConnections = MAX_CONNECTIONS;
  server.server.timeout = SOCKET_TIMEOUT_MS;
  // Without restify's listener Node answers a request to upgrade like any other; else its socket would outlive the server.
  server.server.removeAllListeners('upgrade');
  checkAddress(server, options);
  const guard = (handler: Handler) => guarded(handler, log);
  const get = (path: string, handler: Handler) => {
    server.get(path, guard(handler));
    server.head(path, guard(handler));
  };
  const audioReader = new AudioReader(audioStore);
  const [serveAudio, servePlayer] = [audioRoute(audioReader, clock), playerRoute({ audioStore: audioReader, clock })];
  server.post('/api/messages', guard(messagesRoute(options)));
  get('/audio/:file', (request, response) =>
    String(request.params.file).endsWith('.wav') ? serveAudio(request, response) : servePlayer(request, response),
  );
  get(TEAMS_LIBRARY_PATH, teamsLibraryRoute());
  get(RECORDER_PATH, serveRecorder);
  get('/record/:link', recordingPageRoute(recordings, clock));
  server.post('/record/:link', guard(uploadRoute(options)));
  get('/', homeRoute(options.chatPageUrl));
  get('/about', aboutRoute(about));
  get('/health', healthRoute(options));
  answerRoutingErrors(server);
  return { listen: (port, host) => listen(server, port, host), close: () => close(server.server) };
}

/** Runs before the routes. Load balancers ask for `/health` by any address that they know. */
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

/** restify joins Host and target to a URL outside of any handler: an invalid one would end the process. */
function requireUrl(request: Request): void {
  try {
    request.getUrl();
  } catch {
    throw new RequestError('bad_request', 'The Host and the address of this request are not a URL.');
  }
}

function messagesRoute({ deliver, isDraining, verifyToken, onlyLoopback, publicHost, clock }: HttpOptions): Handler {
  const readBody = boundedReader(verifyToken && ((request) => verifyToken(request.headers.authorization ?? '')), clock);
  return async function receiveActivity(request, response) {
    if (onlyLoopback) checkSource(request, publicHost);
    if (isDraining()) throw new RequestError('draining', 'The bot is being restarted. Please deliver this again.');
    const { authorization = '' } = request.headers;
    // Before anything of the body is stored: strangers get no memory.
    if (verifyToken !== undefined && !/^bearer \S/i.test(authorization)) {
      throw new RequestError('unauthorized', 'The token is missing, or it is not valid for this bot.');
    }
    const activity = checkActivity(await readBody(request), { onlyLoopback });
    const answer = await deliver(authorization, activity);
    sendJson(response, answer?.status ?? 200, answer?.body ?? {});
  };
}

function healthRoute({ isDraining, build }: HttpOptions): Handler {
  return async function serveHealth(_request, response) {
    const status = isDraining() ? 'draining' : 'ok';
    sendJson(response, isDraining() ? 503 : 200, { status, ...build });
  };
}

/** Whatever a handler does, no request ends the process or reveals internals. */
function guarded(handler: Handler, log: Logger): Handler {
  return async function handle(request, response) {
    try {
      await handler(request, response);
    } catch (error) {
      refuse(response, refusalOf(error, request, log));
    }
  };
}

/** A refused request, as its response says it. */
interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

function refusalOf(error: unknown, request: Request, log: Logger): Refusal {
  if (error instanceof RequestError) return error;
  if (error instanceof StoreError) {
    log.warn({ err: error }, 'request refused: store did not answer');
    return { status: 503, code: 'busy', message: 'This cannot be looked up right now. Please try again.' };
  }
  // Not the address itself, which may be the key to what it names.
  log.error({ err: error, route: request.getRoute()?.path }, 'request failed');
  return { status: 500, code: 'internal', message: 'Something went wrong here.' };
}

function refuse(response: Response, { status, code, message }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // The rest of a refused body is not received.
  if ([401, 403, 413, 415, 503].includes(status)) response.setHeader('Connection', 'close');
  if (status === 503) response.setHeader('Retry-After', '5');
  sendJson(response, status, { code, message });
}

/** By restify's own `sendRaw`: after any other it would answer a routing error a second time. */
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

/** restify emits the errors of its inner server again, and throws them if nobody listens. */
function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    const onListening = () => resolve((server.server.address() as AddressInfo).port);
    if (host === undefined) server.listen(port, onListening);
    else server.listen(port, host, onListening);
  });
}

/** Responses on their way still arrive; a connection without one is closed at the next sweep. */
function close(server: Server['server']): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const sweep = setInterval(() => server.closeIdleConnections(), CLOSE_SWEEP_MS);
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
  });
}
