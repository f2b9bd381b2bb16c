import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createLogger, type Logger } from '../../src/log.ts';
import { checkHandshake, refuseUpgrade } from './handshake.ts';
import type { Resource } from './resource.ts';
import type { Responder } from './responder.ts';
import { Session, type SessionDeps } from './session.ts';
import type { Voice } from './voice.ts';

export interface SimulatorOptions {
  readonly responder: Responder;
  readonly voice: Voice;
  readonly clock?: Clock;
  /** Default: 127.0.0.1, this machine only. */
  readonly host?: string;
  /** Default: 0, any free port. */
  readonly port?: number;
  /** Default: silent. */
  readonly log?: Logger;
  /** Milliseconds between two audio deltas. Default: 40, about six times faster than speech. */
  readonly paceMs?: number;
  /**
   * The lifetime of a session, which ends with `session_expired` and close 1001. Default: 1800, as observed on Azure.
   */
  readonly sessionSeconds?: number;
  /** The accepted key and deployments. Default: any. */
  readonly resource?: Resource;
  /**
   * Answers a handshake with an HTTP status instead of 101; 'hang' never answers. Undefined: the usual checks decide.
   */
  readonly refuse?: (request: {
    path: string;
    headers: IncomingHttpHeaders;
  }) => { status: number; headers?: Record<string, string> } | 'hang' | undefined;
  /** Called for every event in both directions, in the order of the wire. */
  readonly onEvent?: (from: 'client' | 'server', event: Record<string, unknown>, sessionId: string) => void;
}

/** A running simulator. */
export interface Simulator {
  /** `http://HOST:PORT`, to be used as an endpoint. */
  readonly url: string;
  readonly port: number;
  readonly openSessions: number;
  /** Breaks all sockets, as a failing network does. The simulator goes on. */
  dropAll(): void;
  /** Breaks all sockets and stops listening. Safe to call twice. The voice stays open: it belongs to the caller. */
  close(): Promise<void>;
}

/** The service closes a socket (1009) for a larger frame: 15 MiB of audio and its JSON fit in. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Starts the Realtime protocol as a local server. Rejects when it cannot listen. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const server = new SimulatorServer(options);
  await server.listen(options.host ?? '127.0.0.1', options.port ?? 0);
  return server;
}

class SimulatorServer implements Simulator {
  url = '';
  port = 0;
  readonly #deps: SessionDeps;
  readonly #refuse: SimulatorOptions['refuse'];
  readonly #resource: Resource | undefined;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  readonly #sessions = new Set<Session>();
  /** Connections whose handshake is never answered. */
  readonly #hanging = new Set<Duplex>();
  #closed: Promise<void> | undefined;

  constructor(options: SimulatorOptions) {
    this.#deps = {
      responder: options.responder,
      voice: options.voice,
      clock: options.clock ?? systemClock,
      log: options.log ?? createLogger('silent'),
      paceMs: options.paceMs ?? 40,
      sessionSeconds: options.sessionSeconds ?? 1800,
      onEvent: options.onEvent ?? (() => {}),
    };
    this.#refuse = options.refuse;
    this.#resource = options.resource;
    this.#http = createServer((_request, response) => {
      response.writeHead(426, { 'Content-Type': 'text/plain', Connection: 'close' });
      response.end('This is a simulator of the Realtime API. It speaks WebSocket only.\n');
    });
    this.#http.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  get openSessions(): number {
    return this.#sessions.size;
  }

  async listen(host: string, port: number): Promise<void> {
    this.#http.listen(port, host);
    await once(this.#http, 'listening');
    this.port = (this.#http.address() as AddressInfo).port;
    this.url = `http://${isIPv6(host) ? `[${host}]` : host}:${this.port}`;
  }

  dropAll(): void {
    for (const session of this.#sessions) session.terminate();
    for (const socket of this.#hanging) socket.destroy();
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.dropAll();
      this.#http.closeAllConnections();
    });
    return this.#closed;
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, a client that disconnects during the handshake ends the process.
    socket.on('error', () => socket.destroy());
    if (this.#closed !== undefined) {
      socket.destroy();
      return;
    }
    const path = request.url ?? '/';
    const refusal = this.#refuse?.({ path, headers: request.headers });
    const result = refusal ?? checkHandshake(path, request.headers, this.#resource);
    if (result === 'hang') this.#hang(socket);
    else if ('status' in result) refuseUpgrade(socket, result);
    else this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, result.model));
  }

  #open(webSocket: WebSocket, model: string): void {
    const session = new Session(webSocket, model, this.#deps);
    this.#sessions.add(session);
    webSocket.once('close', () => this.#sessions.delete(session));
    session.start();
  }

  #hang(socket: Duplex): void {
    this.#hanging.add(socket);
    socket.once('close', () => this.#hanging.delete(socket));
  }
}
