import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import getRawBody from 'raw-body';
import { WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { type Activity, DirectLineConversation } from './conversation.ts';

export interface DirectLineOptions {
  /** Where the bot takes activities: `http://HOST:PORT/api/messages`. */
  readonly botEndpoint: string;
  /** Answers what is not for Direct Line: the client's page. Browsers let a page talk to its own origin without CORS. */
  readonly servePage: RequestListener;
  /** Stamps the activities. Default: the system's clock. */
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

/** Direct Line's own bound is 256 KB of activity. */
const MAX_BODY_BYTES = 1024 * 1024;
const BOT = { id: 'bot', name: 'Bot' };

const CLIENT_PATH = /^\/v3\/directline\/conversations(?:\/(?<id>[^/]+)(?:\/(?<part>activities|stream))?)?$/;
const BOT_PATH = /^\/v3\/conversations\/(?<id>[^/]+)\/activities(?:\/[^/]+)?$/;

/**
 * Starts the part of Direct Line 3.0 that DirectLineJS and a bot use: conversations, activities over a WebSocket, and
 * the connector. It has no tokens, uploads or updates, and keeps everything in memory.
 * https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-direct-line-3-0-api-reference
 */
export async function startDirectLine(options: DirectLineOptions): Promise<DirectLine> {
  const server = new DirectLineServer(options);
  const url = await server.listen();
  return { url, close: () => server.close(), [Symbol.asyncDispose]: () => server.close() };
}

class DirectLineServer {
  readonly #botEndpoint: string;
  readonly #servePage: RequestListener;
  readonly #clock: Clock;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #conversations = new Map<string, DirectLineConversation>();
  #url = '';
  #closed: Promise<void> | undefined;

  constructor({ botEndpoint, servePage, clock = systemClock }: DirectLineOptions) {
    this.#botEndpoint = botEndpoint;
    this.#servePage = servePage;
    this.#clock = clock;
    this.#http = createServer((request, response) => void this.#respond(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#openStream(request, socket, head));
  }

  async listen(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#http.once('error', reject).listen(0, '127.0.0.1', resolve);
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
    if (!request.url?.startsWith('/v3/')) return this.#servePage(request, response);
    const { status, body } = await this.#answer(request).catch((error: Error) => failure(400, error.message));
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.#url);
    const asked = `${request.method} ${CLIENT_PATH.exec(pathname)?.groups?.['part'] ?? 'conversation'}`;
    const conversation = this.#conversationAt(pathname);
    if (BOT_PATH.test(pathname) && conversation !== undefined && request.method === 'POST') {
      const { id } = conversation.add(await activityIn(request));
      return { status: 200, body: { id } };
    }
    if (pathname === '/v3/directline/conversations' && request.method === 'POST') return this.#begin();
    if (conversation === undefined || !CLIENT_PATH.test(pathname))
      return failure(404, 'There is no such conversation.');
    if (asked === 'POST activities') return this.#take(conversation, await activityIn(request));
    if (asked === 'GET conversation') {
      return { status: 200, body: this.#describe(conversation, searchParams.get('watermark') ?? '') };
    }
    return failure(405, 'This is not supported here.');
  }

  #conversationAt(pathname: string): DirectLineConversation | undefined {
    const { id } = (CLIENT_PATH.exec(pathname) ?? BOT_PATH.exec(pathname))?.groups ?? {};
    return this.#conversations.get(decodeURIComponent(id ?? ''));
  }

  /** A client that reconnects asks with the watermark it has, and its next stream begins there. */
  #describe({ id }: DirectLineConversation, watermark = ''): Readonly<Record<string, string>> {
    const path = `/v3/directline/conversations/${id}/stream?watermark=${encodeURIComponent(watermark)}`;
    const streamUrl = `${this.#url.replace('http', 'ws')}${path}`;
    return { conversationId: id, token: id, streamUrl };
  }

  async #begin(): Promise<Answer> {
    const conversation = new DirectLineConversation(this.#clock);
    this.#conversations.set(conversation.id, conversation);
    const from = { id: conversation.id };
    await this.#deliver({ type: 'conversationUpdate', id: conversation.id, from, membersAdded: [BOT] }, conversation);
    return { status: 201, body: this.#describe(conversation) };
  }

  async #take(conversation: DirectLineConversation, activity: Activity): Promise<Answer> {
    const added = conversation.add(activity);
    const { ok } = await this.#deliver(added, conversation);
    return ok ? { status: 200, body: { id: added.id } } : failure(502, 'The bot returned an error.');
  }

  #deliver(activity: Activity, { id }: DirectLineConversation): Promise<Response> {
    const address = { channelId: 'directline', serviceUrl: this.#url, conversation: { id }, recipient: BOT };
    return fetch(this.#botEndpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...activity, ...address }),
    });
  }

  #openStream(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, a client that disconnects during the handshake ends the process.
    socket.on('error', () => socket.destroy());
    const { pathname, searchParams } = new URL(request.url ?? '/', this.#url);
    const conversation = this.#conversationAt(pathname);
    if (conversation === undefined || !pathname.endsWith('/stream')) return void socket.destroy();
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      conversation.follow(client, Number(searchParams.get('watermark')));
    });
  }
}

async function activityIn(request: IncomingMessage): Promise<Activity> {
  return JSON.parse(await getRawBody(request, { limit: MAX_BODY_BYTES, encoding: 'utf8' }));
}

function failure(status: number, message: string): Answer {
  return { status, body: { error: { code: 'BadArgument', message } } };
}
