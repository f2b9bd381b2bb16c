import type { Socket } from 'node:net';
import type { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';
import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { TurnError } from '../errors.ts';
import { clientErrorOf, MAX_FRAME_BYTES } from './client-errors.ts';
import type { RealtimeTarget } from './endpoint.ts';
import { Heartbeat, PONG_TIMEOUT_MS } from './heartbeat.ts';
import { refusalReason } from './refusal-body.ts';
import { readServerEvent, type ServerEvent } from './server-event.ts';
import { handshakeErrorOf } from './service-errors.ts';

export type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';

/** Apart from the handshake: credentials may come from a chain of sources, and the first token takes the longest. */
const TOKEN_TIMEOUT_MS = 20_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long a peer may take to answer a close before the socket is cut. */
const CLOSE_GRACE_MS = 2_000;

/** One open socket to the model. */
export interface Connection {
  readonly isOpen: boolean;
  /** Sends in this order, if the socket is open; a closed one is reported by `onClosed`, never here. */
  send(events: readonly RealtimeClientEvent[]): void;
  /** Closes with a grace period, then cuts. Safe to call twice. */
  close(): void;
}

export interface ConnectionListener {
  onEvent(event: ServerEvent): void;
  /** Called exactly once, with the reason, after which nothing more comes. */
  onClosed(reason: TurnError): void;
}

/** Opens a connection; a dependency, so that the way to the model can be exchanged as a whole. */
export type OpenConnection = (listener: ConnectionListener, signal: AbortSignal) => Promise<Connection>;

/** Opens sockets to one endpoint. Credentials are asked for at each call, first. Rejects with a TurnError. */
export function connectionOpener({ client, model, socketOptions }: RealtimeTarget, clock: Clock): OpenConnection {
  // Reconnecting by the library would come back silently with an empty session: no settings, no memory.
  const options = { ...socketOptions, maxPayload: MAX_FRAME_BYTES };
  return async function openConnection(listener, signal) {
    const noToken = () => new TurnError('token_timeout', `no access token within ${TOKEN_TIMEOUT_MS} ms`);
    const signedIn = await withDeadline({ clock, signal, limitMs: TOKEN_TIMEOUT_MS, late: noToken }, () =>
      signIn(client),
    );
    const late = () => new TurnError('handshake_timeout', `no connection within ${HANDSHAKE_TIMEOUT_MS} ms`);
    return withDeadline({ clock, signal, limitMs: HANDSHAKE_TIMEOUT_MS, late }, async (ended) => {
      const { OpenAIRealtimeWS } = await import('openai/realtime/ws');
      const realtime = await OpenAIRealtimeWS.create(signedIn, { model, options }).catch((cause: unknown) => {
        // The library throws if a header cannot hold the credentials.
        throw new TurnError('credentials_failed', 'the key or token cannot be sent', { cause });
      });
      return new OpenSocket(realtime, signedIn.apiKey, clock, listener).whenOpen(ended);
    });
  };
}

/** The client with its credentials, so that the library asks for none while it opens the socket. */
async function signIn(client: RealtimeTarget['client']): Promise<RealtimeTarget['client']> {
  try {
    const isToken = await client._callApiKey();
    return { baseURL: client.baseURL, apiKey: client.apiKey, _callApiKey: async () => isToken };
  } catch (cause) {
    throw new TurnError('credentials_failed', 'no access token could be had', { cause });
  }
}

class OpenSocket implements Connection {
  readonly #realtime: OpenAIRealtimeWS;
  readonly #clock: Clock;
  #closeReason: TurnError | undefined;
  #heartbeat: Heartbeat | undefined;
  /** What the WebSocket runs over. */
  #wire: Socket | undefined;

  /** The library's factory resolves before the socket opens: the listeners have to be attached in the same tick. */
  constructor(realtime: OpenAIRealtimeWS, credential: string | null, clock: Clock, listener: ConnectionListener) {
    this.#realtime = realtime;
    this.#clock = clock;
    realtime.on('event', (event) => {
      // After a broken frame what was read with it still comes: an answer with a hole, which would pass for whole.
      if (this.#closeReason === undefined) listener.onEvent(readServerEvent(event));
    });
    realtime.on('error', (error) => {
      // Errors that the service sends have come as events already; those of the client's side have a cause.
      if (error.cause !== undefined) this.#breakOff(clientErrorOf(error));
    });
    realtime.socket.on('unexpected-response', async (request, response) => {
      const words = await refusalReason(response, credential, clock);
      this.#breakOff(handshakeErrorOf(response.statusCode ?? 0, response.headers, clock.now(), words));
      request.destroy();
    });
    realtime.socket.on('upgrade', (response) => {
      this.#wire = response.socket;
    });
    for (const sign of ['message', 'ping', 'pong'] as const) realtime.socket.on(sign, () => this.#heartbeat?.heard());
    realtime.socket.on('close', (code) => {
      this.#heartbeat?.stop();
      // Without the reason that the service gives, which may quote what it was sent.
      listener.onClosed(this.#closeReason ?? new TurnError('connection_lost', `the socket closed (${code})`));
    });
  }

  whenOpen(signal: AbortSignal): Promise<Connection> {
    const { socket } = this.#realtime;
    return new Promise((resolve, reject) => {
      const abort = () => this.#breakOff(signal.reason instanceof TurnError ? signal.reason : lost(signal.reason));
      signal.addEventListener('abort', abort, { once: true });
      socket.once('open', () => {
        signal.removeEventListener('abort', abort);
        this.#heartbeat = this.#startHeartbeat();
        resolve(this);
      });
      socket.once('close', () => {
        signal.removeEventListener('abort', abort);
        reject(this.#closeReason ?? new TurnError('service_unavailable', 'the socket closed before it opened'));
      });
      if (signal.aborted) abort();
    });
  }

  get isOpen(): boolean {
    const { socket } = this.#realtime;
    return this.#closeReason === undefined && socket.readyState === socket.OPEN;
  }

  send(events: readonly RealtimeClientEvent[]): void {
    // As one write to the network, where each frame would be one of its own.
    this.#wire?.cork();
    try {
      this.#heartbeat?.ask();
      for (const event of events) this.#realtime.send(event);
    } finally {
      this.#wire?.uncork();
    }
  }

  close(): void {
    const { socket } = this.#realtime;
    if (socket.readyState === socket.CLOSED) return;
    this.#closeReason ??= new TurnError('connection_lost', 'closed by the bot');
    this.#heartbeat?.stop();
    this.#realtime.close();
    const forget = this.#clock.after(CLOSE_GRACE_MS, () => socket.terminate());
    socket.once('close', forget);
  }

  #startHeartbeat(): Heartbeat {
    const { socket } = this.#realtime;
    return new Heartbeat({
      clock: this.#clock,
      // A socket that is closing by now throws at a ping; its `close` says the rest.
      ping: () => socket.ping(undefined, undefined, () => {}),
      onDead: () => this.#breakOff(new TurnError('connection_lost', `no answer to a ping in ${PONG_TIMEOUT_MS} ms`)),
    });
  }

  #breakOff(reason: TurnError): void {
    this.#closeReason ??= reason;
    this.#realtime.socket.terminate();
  }
}

function lost(cause: unknown): TurnError {
  return new TurnError('connection_lost', 'the turn was given up', { cause });
}
