import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { LRUCache } from 'lru-cache';
import getRawBody from 'raw-body';
import { WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../../src/clock.ts';
import { checkHost, checkSource } from '../../src/http/loopback-guard.ts';
import { type Activity, DirectLineConversation } from './conversation.ts';
import { MAX_UPLOAD_BYTES, Uploads } from './uploads.ts';

export interface DirectLineOptions {
  /** The messaging endpoint of the bot: `http://HOST:PORT/api/messages`. */
  readonly botEndpoint: string;
  /** Serves all other paths: a page of the same origin needs no CORS. */
  readonly servePage: RequestListener;
  /** The port on 127.0.0.1. Default: any free port. */
  readonly port?: number;
  /** The clock of the timestamps. Default: the system's. */
  readonly clock?: Clock;
}

/** A Direct Line service on this machine. */
export interface DirectLine extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. A client's `domain` is `<url>/v3/directline`. */
  readonly url: string;
  /** Breaks all sockets and stops listening. Safe to call twice. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Direct Line itself allows 256 KB for each activity. */
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_CONVERSATIONS = 100;
const BOT = { id: 'bot', name: 'Bot' };

const ROOT = '/v3/directline';
const CLIENT_PATH = /^\/v3\/directline\/conversations(?:\/(?<id>[^/]+)(?:\/(?<part>activities|stream|upload))?)?$/;
const BOT_PATH = /^\/v3\/conversations\/(?<id>[^/]+)\/activities(?:\/[^/]+)?$/;
const FILE_PATH = /^\/v3\/directline\/attachments\/(?<id>[^/]+)$/;

/**
 * Starts the parts of Direct Line 3.0 that DirectLineJS and a bot use: conversations, uploads, activities over a
 * WebSocket, and the connector. Checks no tokens, stores everything in memory and serves this machine only. Rejects if
 * the port is taken.
 * https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-direct-line-3-0-api-reference
 */
export async function startDirectLine(options: DirectLineOptions): Promise<DirectLine> {
  const server = new DirectLineServer(options);
  const url = await server.listen();
  return { url, close: () => server.close(), [Symbol.asyncDispose]: () => server.close() };
}

class DirectLineServer {
  readonly #options: DirectLineOptions;
  readonly #clock: Clock;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #uploads = new Uploads();
  readonly #conversations = new LRUCache<string, DirectLineConversation>({
    max: MAX_CONVERSATIONS,
    dispose: (conversation) => conversation.close(),
  });
  #url = '';
  #closed: Promise<void> | undefined;

  constructor(options: DirectLineOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#http = createServer((request, response) => void this.#respond(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#openStream(request, socket, head));
  }

  async listen(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#http.once('error', reject).listen(this.#options.port ?? 0, '127.0.0.1', resolve);
    await promise;
    this.#url = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
    return this.#url;
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#http.close(() => resolve());
      for (const client of this.#sockets.clients) client.terminate();
      this.#http.closeAllConnections();
    });
    return this.#closed;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAllowed(request)) return void response.writeHead(403).end();
    if (!request.url?.startsWith('/v3/')) return this.#options.servePage(request, response);
    const file = this.#uploads.find(FILE_PATH.exec(request.url)?.groups?.['id'] ?? '');
    if (file !== undefined) return sendFile(response, file.contentType, file.bytes);
    const { status, body } = await this.#answer(request).catch((error: Error) => failure(400, error.message));
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { pathname } = new URL(request.url ?? '/', this.#url);
    const conversation = this.#conversationAt(pathname);
    if (BOT_PATH.test(pathname) && conversation !== undefined && request.method === 'POST') {
      const { id } = conversation.add(await readActivity(request));
      return { status: 200, body: { id } };
    }
    if (pathname === `${ROOT}/conversations` && request.method === 'POST') return this.#start(request);
    if (pathname === `${ROOT}/tokens/refresh` && request.method === 'POST') return this.#refresh(request);
    if (conversation === undefined || !CLIENT_PATH.test(pathname))
      return failure(404, 'There is no such conversation.');
    switch (`${request.method} ${CLIENT_PATH.exec(pathname)?.groups?.['part'] ?? 'conversation'}`) {
      case 'GET conversation':
        return { status: 200, body: this.#describe(conversation, request) };
      case 'POST activities':
        return this.#accept(conversation, await readActivity(request));
      case 'POST upload':
        return this.#accept(conversation, await this.#readUpload(request));
      default:
        return failure(405, 'This is not supported here.');
    }
  }

  #conversationAt(pathname: string): DirectLineConversation | undefined {
    // Ids are UUIDs, which no client encodes.
    const { id = '' } = (CLIENT_PATH.exec(pathname) ?? BOT_PATH.exec(pathname))?.groups ?? {};
    return this.#conversations.get(id);
  }

  /** A client that reconnects sends its watermark: its next stream begins there. */
  #describe({ id }: DirectLineConversation, request: IncomingMessage): Readonly<Record<string, string>> {
    const watermark = new URL(request.url ?? '/', this.#url).searchParams.get('watermark') ?? '';
    const path = `${ROOT}/conversations/${id}/stream?watermark=${encodeURIComponent(watermark)}`;
    // With the host name of the page: to a browser "localhost" and 127.0.0.1 are different sites.
    return { conversationId: id, token: id, streamUrl: `ws://${request.headers.host}${path}` };
  }

  async #start(request: IncomingMessage): Promise<Answer> {
    const conversation = new DirectLineConversation(this.#clock);
    this.#conversations.set(conversation.id, conversation);
    const { locale } = await readStart(request);
    const { id } = conversation;
    await this.#deliver({ type: 'conversationUpdate', id, from: { id }, membersAdded: [BOT], locale }, conversation);
    return { status: 201, body: this.#describe(conversation, request) };
  }

  /** A token is the id of its conversation. Clients refresh it every 15 minutes. */
  #refresh({ headers: { authorization = '' } }: IncomingMessage): Answer {
    const token = authorization.replace(/^Bearer /, '');
    return { status: 200, body: { conversationId: token, token } };
  }

  async #accept(conversation: DirectLineConversation, activity: Activity): Promise<Answer> {
    const added = conversation.add(activity);
    const { ok } = await this.#deliver(added, conversation);
    return ok ? { status: 200, body: { id: added.id } } : failure(502, 'The bot returned an error.');
  }

  async #readUpload(request: IncomingMessage): Promise<Activity> {
    const userId = new URL(request.url ?? '/', this.#url).searchParams.get('userId') ?? 'user';
    const body = await getRawBody(request, { limit: MAX_UPLOAD_BYTES });
    const activity = await this.#uploads.add(body, request.headers['content-type'] ?? '', this.#url);
    return { from: { id: userId }, ...activity };
  }

  #deliver(activity: Activity, { id }: DirectLineConversation): Promise<Response> {
    const address = { channelId: 'directline', serviceUrl: this.#url, conversation: { id }, recipient: BOT };
    return fetch(this.#options.botEndpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...activity, ...address }),
    });
  }

  #openStream(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, a client that disconnects during the handshake ends the process.
    socket.on('error', () => socket.destroy());
    const url = isAllowed(request) ? URL.parse(request.url ?? '/', this.#url) : null;
    const conversation = url?.pathname.endsWith('/stream') ? this.#conversationAt(url.pathname) : undefined;
    if (conversation === undefined) return void socket.destroy();
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      conversation.subscribe(client, Number(url?.searchParams.get('watermark')));
    });
  }
}

/** Without tokens, this keeps out other machines and pages of other sites. */
function isAllowed(request: IncomingMessage): boolean {
  try {
    checkHost(request, undefined);
    if (request.method === 'POST' || request.headers.upgrade !== undefined) checkSource(request, undefined);
    return true;
  } catch {
    return false;
  }
}

function sendFile(response: ServerResponse, contentType: string, bytes: Uint8Array): void {
  response.writeHead(200, {
    'content-type': contentType,
    'content-length': bytes.byteLength,
    // A file of a user has the origin of the chat page, so its scripts must not run.
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
  });
  response.end(bytes);
}

/** Reads what a client says about a conversation that it starts, such as its locale. The body is optional. */
async function readStart(request: IncomingMessage): Promise<Activity> {
  const body = await getRawBody(request, { limit: MAX_BODY_BYTES, encoding: 'utf8' });
  return body === '' ? {} : JSON.parse(body);
}

async function readActivity(request: IncomingMessage): Promise<Activity> {
  return JSON.parse(await getRawBody(request, { limit: MAX_BODY_BYTES, encoding: 'utf8' }));
}

function failure(status: number, message: string): Answer {
  return { status, body: { error: { code: 'BadArgument', message } } };
}
