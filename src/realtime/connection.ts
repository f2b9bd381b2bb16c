import type { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';
import type { Clock } from '../clock.ts';
import type { ModelEndpoint } from '../config/config.ts';
import type { ProxySettings } from '../config/proxy-settings.ts';
import { unlessAborted, withDeadline } from '../deadline.ts';
import { ProxyError, systemCode, TurnError } from '../errors.ts';
import { baseUrlOf, socketOptions, type TokenProvider } from './endpoint.ts';
import { Heartbeat, PONG_TIMEOUT_MS } from './heartbeat.ts';
import { refusalReason } from './refusal-body.ts';
import { readServerEvent, type ServerEvent } from './server-event.ts';
import { handshakeErrorOf } from './service-errors.ts';

export type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';

/** Separate from the handshake's limit: credentials may come from a chain of sources, and the first token is slow. */
const TOKEN_TIMEOUT_MS = 20_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A larger frame ends the session; audio deltas of the service stay far below. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** How long a peer may take to answer a close before the socket is terminated. */
const CLOSE_GRACE_MS = 2_000;

/** One open socket to the model. */
export interface Connection {
  readonly isOpen: boolean;
  /** Sends the events in order. Only `onClosed` reports a closed socket. */
  send(events: readonly RealtimeClientEvent[]): void;
  /** Closes with a grace period, then terminates. Safe to call twice. */
  close(): void;
}

export interface ConnectionListener {
  onEvent(event: ServerEvent): void;
  /** Called exactly once; no event follows. */
  onClosed(reason: TurnError): void;
}

/** Opens a connection. Rejects with a TurnError, or with the signal's reason on abort. */
export type OpenConnection = (listener: ConnectionListener, signal: AbortSignal) => Promise<Connection>;

/** Returns a function that opens sockets to the endpoint. Each call gets its credential first. */
export function connectionOpener(
  endpoint: ModelEndpoint,
  tokens: (scope: string) => TokenProvider,
  proxy: ProxySettings | undefined,
  clock: Clock,
): OpenConnection {
  const { model } = endpoint;
  const baseURL = baseUrlOf(endpoint);
  const credential = endpoint.kind === 'azureEntraId' ? tokens(endpoint.scope) : async () => endpoint.apiKey;
  // Without reconnects: the library would silently return an empty session, without settings and memory.
  const options = { ...socketOptions(endpoint, proxy), maxPayload: MAX_FRAME_BYTES };
  return async function openConnection(listener, signal) {
    const noToken = () => new TurnError('token_timeout', `no access token within ${TOKEN_TIMEOUT_MS} ms`);
    const apiKey = await withDeadline({ clock, signal, limitMs: TOKEN_TIMEOUT_MS, late: noToken }, () =>
      credential().catch((cause: unknown) => {
        throw new TurnError('credentials_failed', 'no access token available', { cause });
      }),
    );
    // Not a whole OpenAI client: that would send organization, project and headers of the environment. The library
    // calls `_callApiKey` to renew the key; `true` means that `apiKey` is the renewed one.
    const client = { baseURL, apiKey, _callApiKey: async () => true };
    const late = () => new TurnError('handshake_timeout', `no connection within ${HANDSHAKE_TIMEOUT_MS} ms`);
    return withDeadline({ clock, signal, limitMs: HANDSHAKE_TIMEOUT_MS, late }, async (ended) => {
      const { OpenAIRealtimeWS } = await import('openai/realtime/ws');
      const realtime = await OpenAIRealtimeWS.create(client, { model, options }).catch((cause: unknown) => {
        // The library throws if a header cannot hold the credentials.
        throw new TurnError('credentials_failed', 'the key or token cannot be sent', { cause });
      });
      return new ModelSocket(realtime, apiKey, clock, listener).whenOpen(ended);
    });
  };
}

class ModelSocket implements Connection {
  readonly #realtime: OpenAIRealtimeWS;
  readonly #clock: Clock;
  #closeReason: TurnError | undefined;
  #heartbeat: Heartbeat | undefined;

  /** Attaches all listeners at once: the library's factory resolves before the socket opens. */
  constructor(realtime: OpenAIRealtimeWS, apiKey: string, clock: Clock, listener: ConnectionListener) {
    this.#realtime = realtime;
    this.#clock = clock;
    realtime.on('event', (event) => {
      // Frames after a broken one still arrive: the response would look complete although a part is missing.
      if (this.#closeReason === undefined) listener.onEvent(readServerEvent(event));
    });
    realtime.on('error', (error) => {
      // Errors of the service have come as events already; only those of the client have a cause.
      if (error.cause !== undefined) this.#terminate(clientErrorOf(error));
    });
    const { socket } = realtime;
    socket.on('unexpected-response', async (request, response) => {
      const reason = await refusalReason(response, apiKey, clock);
      this.#terminate(handshakeErrorOf(response.statusCode ?? 0, response.headers, clock.now(), reason));
      request.destroy();
    });
    for (const sign of ['message', 'ping', 'pong'] as const) socket.on(sign, () => this.#heartbeat?.heard());
    socket.on('close', (code) => {
      this.#heartbeat?.stop();
      // The reason of the service may quote user input, so it is left out.
      listener.onClosed(this.#closeReason ?? new TurnError('connection_lost', `the socket closed (${code})`));
    });
  }

  /** Terminates the socket on abort. */
  async whenOpen(signal: AbortSignal): Promise<Connection> {
    const { socket } = this.#realtime;
    const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
    opened.catch(() => {});
    socket.once('open', resolve);
    socket.once('close', () => {
      reject(this.#closeReason ?? new TurnError('service_unavailable', 'the socket closed before it opened'));
    });
    try {
      await unlessAborted(signal, () => opened);
    } catch (error) {
      const isTyped = error instanceof TurnError;
      this.#terminate(isTyped ? error : new TurnError('connection_lost', 'the turn was given up', { cause: error }));
      throw error;
    }
    this.#heartbeat = new Heartbeat({
      clock: this.#clock,
      // A ping on a closing socket fails; its `close` event follows.
      ping: () => socket.ping(undefined, undefined, () => {}),
      onDead: () => this.#terminate(new TurnError('connection_lost', `no answer to a ping in ${PONG_TIMEOUT_MS} ms`)),
    });
    return this;
  }

  get isOpen(): boolean {
    const { socket } = this.#realtime;
    return this.#closeReason === undefined && socket.readyState === socket.OPEN;
  }

  send(events: readonly RealtimeClientEvent[]): void {
    this.#heartbeat?.probe();
    for (const event of events) this.#realtime.send(event);
  }

  close(): void {
    const { socket } = this.#realtime;
    if (socket.readyState === socket.CLOSED) return;
    this.#closeReason ??= new TurnError('connection_lost', 'closed by the bot');
    this.#heartbeat?.stop();
    this.#realtime.close();
    const cancelTimer = this.#clock.after(CLOSE_GRACE_MS, () => socket.terminate());
    socket.once('close', cancelTimer);
  }

  #terminate(reason: TurnError): void {
    this.#closeReason ??= reason;
    this.#realtime.socket.terminate();
  }
}

/** Converts an error of the client library. Its cause is an error of ws or of the system, which has a code. */
function clientErrorOf(error: Error): TurnError {
  const code = systemCode(error);
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return new TurnError('frame_too_large', `a frame is larger than ${MAX_FRAME_BYTES} bytes`, { cause: error });
  }
  if (code?.startsWith('WS_ERR_') || error.message.includes('could not parse')) {
    return new TurnError('frame_malformed', 'a frame cannot be read', { cause: error });
  }
  const message = error.cause instanceof ProxyError ? error.cause.message : 'the connection failed';
  return new TurnError('service_unavailable', message, { cause: error });
}
