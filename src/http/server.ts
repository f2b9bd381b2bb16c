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
import { boundedJsonReader } from './json-body.ts';
import { checkHost, checkSource } from './loopback-guard.ts';
import { type AboutSettings, aboutRoute } from './pages/about.ts';
import { homeRoute } from './pages/home.ts';
import { playerRoute } from './pages/player.ts';
import { recordingPageRoute } from './pages/record/page.ts';
import { uploadRoute } from './pages/record/upload.ts';
import { TEAMS_LIBRARY_PATH, teamsLibraryRoute } from './pages/teams-library.ts';
import { limitRequestTime } from './request-time.ts';

/** The response to a received activity, if it is more than an acknowledgement. */
interface ActivityResponse {
  readonly status: number;
  readonly body?: unknown;
}

export interface HttpOptions {
  /** Passes an activity to the bot. Rejects with a RequestError if the request is refused. */
  readonly receiveActivity: (authorization: string, activity: InboundActivity) => Promise<ActivityResponse | undefined>;
  readonly audioStore: AudioStore;
  readonly recordings: Pick<Recordings, 'findLink' | 'accept'>;
  readonly about: AboutSettings;
  /** A page with a chat client, to which `/` leads. */
  readonly chatPageUrl?: string | undefined;
  /** Reported by `/health`, beside the state. */
  readonly build: Build;
  readonly clock: Clock;
  readonly isDraining: () => boolean;
  /**
   * Checks a bearer token as far as possible without its activity. Rejects with a RequestError. Unset if the bot has no
   * app id: then callers send no token.
   */
  readonly verifyToken?: ((authorization: string) => Promise<void>) | undefined;
  /** Without a token only clients on this machine are served, unless the operator opened the bot to others. */
  readonly onlyLoopback: boolean;
  /** The host of PUBLIC_BASE_URL. */
  readonly publicHost?: string | undefined;
  readonly log: Logger;
}

export interface HttpServer {
  /** Resolves with the port. Rejects if the address cannot be used. */
  listen(port: number, host: string | undefined): Promise<number>;
  /** Stops listening, waits up to 3 s for responses, then closes all connections. Safe to call twice. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 2_000;
/** Limits a socket without traffic, such as one whose client does not read. App Service itself closes it at 240 s. */
const SOCKET_TIMEOUT_MS = 240_000;
const CLOSE_SWEEP_MS = 50;
const CLOSE_GRACE_MS = 3_000;

type Handler = (request: Request, response: Response) => Promise<void>;

/** Creates the server with all routes. It listens only after `listen`. */
export function createHttpServer(options: HttpOptions): HttpServer {
  const { audioStore, recordings, clock, about, build, isDraining, log, onlyLoopback, publicHost } = options;
  const server = createServer({ name: '', ignoreTrailingSlash: true, handleUncaughtExceptions: false });
  limitRequestTime(server.server, clock);
  server.server.maxConnections = MAX_CONNECTIONS;
  server.server.timeout = SOCKET_TIMEOUT_MS;
  // With restify's listener, the socket of an upgrade request would outlive the server. Without it, Node answers as
  // usual.
  server.server.removeAllListeners('upgrade');
  answerErrors(server, log);
  server.pre(async (request: Request) => checkAddress(request, onlyLoopback, publicHost));
  const get = (path: string, handler: Handler) => {
    server.get(path, handler);
    server.head(path, handler);
  };
  const audioReader = new AudioReader(audioStore, clock);
  const serveAudio = audioRoute(audioReader);
  const servePlayer = playerRoute(audioReader);
  server.post('/api/messages', messagesRoute(options));
  get('/audio/:file', async (request, response) =>
    String(request.params.file).endsWith('.wav') ? serveAudio(request, response) : servePlayer(request, response),
  );
  get(TEAMS_LIBRARY_PATH, teamsLibraryRoute());
  get('/record/:link', recordingPageRoute(recordings, clock));
  server.post('/record/:link', uploadRoute(recordings, isDraining, log));
  get('/', homeRoute(options.chatPageUrl));
  get('/about', aboutRoute(about));
  get('/health', healthRoute(isDraining, build));
  return { listen: (port, host) => listen(server, port, host), close: () => close(server.server) };
}

/** Runs before the routes. `/health` is exempt: load balancers request it by any address of this machine. */
function checkAddress(request: Request, onlyLoopback: boolean, publicHost: string | undefined): void {
  const isHealth = /^\/health\/?(?:\?|$)/.test(request.url ?? '');
  if (onlyLoopback && !isHealth) checkHost(request, publicHost);
  try {
    // restify joins Host and target to a URL outside of any handler: an invalid one would end the process.
    request.getUrl();
  } catch {
    throw new RequestError('bad_request', 'The Host and the address of this request are not a URL.');
  }
}

function messagesRoute({ receiveActivity, isDraining, verifyToken, onlyLoopback, publicHost }: HttpOptions): Handler {
  const readBody = boundedJsonReader(verifyToken && ((request) => verifyToken(request.headers.authorization ?? '')));
  return async function serveMessages(request, response) {
    if (onlyLoopback) checkSource(request, publicHost);
    if (isDraining()) throw new RequestError('draining', 'The bot is being restarted. Please deliver this again.');
    const { authorization = '' } = request.headers;
    // Refuse before the body is read, so that strangers take no memory.
    if (verifyToken !== undefined && !/^bearer \S/i.test(authorization)) {
      throw new RequestError('unauthorized', 'The token is missing, or it is not valid for this bot.');
    }
    const activity = checkActivity(await readBody(request), { onlyLoopback });
    const answer = await receiveActivity(authorization, activity);
    sendJson(response, answer?.status ?? 200, answer?.body ?? {});
  };
}

function healthRoute(isDraining: () => boolean, build: Build): Handler {
  return async function serveHealth(_request, response) {
    const status = isDraining() ? 'draining' : 'ok';
    sendJson(response, isDraining() ? 503 : 200, { status, ...build });
  };
}

/** Turns every error into a response, so that no request ends the process or reveals internals. */
function answerErrors(server: Server, log: Logger): void {
  server.on('restifyError', (request: Request, response: Response, error: Error, done: () => void) => {
    const refusal = refusalOf(error, request, log);
    // Without `done`, restify adds no response of its own.
    if (response.headersSent) return void response.destroy();
    refuse(response, refusal);
    done();
  });
}

function refusalOf(error: Error, request: Request, log: Logger): RequestError {
  if (error instanceof RequestError) return error;
  if (request.getRoute() === undefined) {
    const { statusCode: status } = error as { statusCode?: number };
    const code = status === 405 ? 'method_not_allowed' : status === 404 ? 'not_found' : 'bad_request';
    return new RequestError(code, 'There is nothing here for this request.');
  }
  if (error instanceof StoreError) {
    log.warn({ err: error }, 'request rejected: store call failed');
    return new RequestError('busy', 'This cannot be looked up right now. Please try again.');
  }
  // The address itself is not logged: it may hold the key of a link.
  log.error({ err: error, route: request.getRoute()?.path }, 'request failed');
  return new RequestError('internal', 'Something went wrong here.');
}

function refuse(response: Response, { status, code, message }: RequestError): void {
  // The rest of a refused body is not received.
  if ([401, 403, 413, 415, 503].includes(status)) response.setHeader('Connection', 'close');
  if (status === 503) response.setHeader('Retry-After', '5');
  sendJson(response, status, { code, message });
}

/** Uses restify's own `sendRaw`: after any other method, restify would answer a routing error a second time. */
function sendJson(response: Response, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.sendRaw(status, text, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(text)),
    'Cache-Control': 'no-store',
  });
}

/** restify re-emits the errors of its inner server, and throws them if nobody listens. */
function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, host, () => resolve((server.server.address() as AddressInfo).port));
  });
}

/** Waits for running responses. Each sweep closes the idle connections. */
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
