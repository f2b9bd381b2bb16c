import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createLogger, type Logger } from '../../src/log.ts';
import { judge, refuseUpgrade } from './handshake.ts';
import type { Resource } from './resource.ts';
import type { Responder } from './responder.ts';
import { Session, type SessionDeps } from './session.ts';
import type { Voice } from './voice.ts';

export interface SimulatorOptions {
  readonly responder: Responder;
  readonly voice: Voice;
  readonly clock?: Clock;
  /** Default 127.0.0.1: this machine only. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: silent. */
  readonly log?: Logger;
  /** Pause between two audio deltas, in milliseconds; 0 = none. Default 40, about six times faster than speech. */
  readonly paceMs?: number;
  /** How long a session lives; then it gets `session_expired` and close 1001. Default 1800, as Azure was seen to do. */
  readonly sessionSeconds?: number;
  /** The key and the deployments that it accepts. Default: any. */
  readonly resource?: Resource;
  /** Answers a handshake with this HTTP status (and headers) instead of 101; 'hang' never answers. */
  readonly refuse?: (request: {
    path: string;
    headers: IncomingHttpHeaders;
  }) => { status: number; headers?: Record<string, string> } | 'hang' | undefined;
  /** Every event in both directions, in order, as on the wire (for recordings and assertions). */
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
  /** Breaks all sockets and stops listening. Safe twice. The voice stays open: it belongs to the caller. */
  close(): Promise<void>;
}

/** What the service closes a socket with (1009) when a frame is larger: 15 MiB of audio and some JSON fit in. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Starts the Realtime protocol as a local server. Rejects when it cannot listen. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0 } = options;
  const server = new SimulatorServer(options);
  const address = await server.listen(host, port);
  const shownHost = isIPv6(host) ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${address.port}`,
    port: address.port,
    get openSessions() {
      return server.openSessions;
    },
    dropAll: () => server.dropAll(),
    close: () => server.close(),
  };
}

class SimulatorServer {
  readonly #deps: SessionDeps;
  readonly #refuse: SimulatorOptions['refuse'];
  readonly #resource: Resource | undefined;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  readonly #sessions = new Set<Session>();
  /** Connections whose handshake is never answered. */
  readonly #hanging = new Set<Duplex>();
  #closed: Promise<void> | undefined;

  constructor({
    responder,
    voice,
    clock = systemClock,
    log,
    paceMs = 40,
    sessionSeconds = 1800,
    ...rest
  }: SimulatorOptions) {
    const { onEvent = () => {} } = rest;
    this.#deps = { responder, voice, clock, log: log ?? createLogger('silent'), paceMs, sessionSeconds, onEvent };
    this.#refuse = rest.refuse;
    this.#resource = rest.resource;
    this.#http = createServer((_request, response) => {
      response.writeHead(426, { 'Content-Type': 'text/plain', Connection: 'close' });
      response.end('This is a simulator of the Realtime API. It speaks WebSocket only.\n');
    });
    this.#http.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  get openSessions(): number {
    return this.#sessions.size;
  }

  listen(host: string, port: number): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve(this.#http.address() as AddressInfo);
      });
    });
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
    // Without a listener, a client that breaks off here would end the process.
    socket.on('error', () => socket.destroy());
    if (this.#closed !== undefined) {
      socket.destroy();
      return;
    }
    const path = request.url ?? '/';
    const refusal = this.#refuse?.({ path, headers: request.headers });
    const verdict = refusal ?? judge(path, request.headers, this.#resource);
    if (verdict === 'hang') this.#hang(socket);
    else if ('status' in verdict) refuseUpgrade(socket, verdict);
    else this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, verdict.model));
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
