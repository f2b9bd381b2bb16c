import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type SimulatorOptions, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { ModelEndpoint } from '../../src/config/config.ts';
import { TurnError } from '../../src/errors.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { type Connection, connectionOpener, type OpenConnection } from '../../src/realtime/connection.ts';
import type { TokenProvider } from '../../src/realtime/endpoint.ts';
import type { ServerEvent } from '../../src/realtime/server-event.ts';
import { RealtimeSession } from '../../src/realtime/session.ts';
import { NEVER, SETTINGS } from './fake-model.ts';
import { Gathered, inTime } from './gathered.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Upgrade {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** A server that accepts every handshake and sends nothing by itself. */
export interface MuteServer extends AsyncDisposable {
  readonly url: string;
  readonly upgrades: Gathered<Upgrade>;
  readonly sockets: Gathered<WebSocket>;
  /** Client events, in the order of arrival. */
  readonly events: Gathered<Json>;
}

export async function startMuteServer({ autoPong = true } = {}): Promise<MuteServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong });
  const upgrades = new Gathered<Upgrade>();
  const sockets = new Gathered<WebSocket>();
  const events = new Gathered<Json>();
  server.on('connection', (socket, { url = '', headers }) => {
    socket.on('error', () => {});
    socket.on('message', (data) => events.add(JSON.parse(String(data))));
    upgrades.add({ path: url, headers });
    sockets.add(socket);
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    upgrades,
    sockets,
    events,
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function azureKey(endpoint: string): ModelEndpoint {
  return { kind: 'azureKey', endpoint, model: 'my-deployment', apiKey: 'my-key' };
}

export interface ClientOptions {
  readonly endpoint: ModelEndpoint;
  readonly clock?: Clock;
  readonly tokens?: (scope: string) => TokenProvider;
}

const noTokens = () => async () => 'unused';

/** The bot's own client of the model, with the events that it received. */
export class Client {
  readonly events = new Gathered<ServerEvent>();
  readonly closed = new Gathered<TurnError>();
  readonly #opener: OpenConnection;
  readonly #clock: Clock;

  constructor({ endpoint, clock = systemClock, tokens = noTokens }: ClientOptions) {
    this.#opener = connectionOpener(endpoint, tokens, undefined, clock);
    this.#clock = clock;
  }

  readonly connect: OpenConnection = (listener, signal) => {
    const onEvent = (event: ServerEvent) => {
      listener.onEvent(event);
      this.events.add(event);
    };
    const onClosed = (reason: TurnError) => {
      listener.onClosed(reason);
      this.closed.add(reason);
    };
    return this.#opener({ onEvent, onClosed }, signal);
  };

  /** A connection alone, without a session on it. */
  bare(signal: AbortSignal = NEVER): Promise<Connection> {
    return inTime(this.connect({ onEvent: () => {}, onClosed: () => {} }, signal));
  }

  session({ voice = 'alloy' } = {}): Promise<RealtimeSession> {
    const settings = { ...SETTINGS, voice };
    const deps = { open: this.connect, settings, clock: this.#clock, ids: randomIds, log: createLogger('silent') };
    return inTime(RealtimeSession.open(deps, NEVER));
  }
}

/** A simulator that refuses handshakes with `answer`, and records them. */
export async function startRefusing(answer: ReturnType<NonNullable<SimulatorOptions['refuse']>>) {
  const upgrades = new Gathered<Upgrade>();
  const refuse = (upgrade: Upgrade) => {
    upgrades.add(upgrade);
    return answer;
  };
  const responder = () => ({ outputs: [], ending: { kind: 'completed' as const } });
  const simulator = await startSimulator({ responder, voice: toneVoice(), paceMs: 0, refuse });
  return { url: simulator.url, upgrades, [Symbol.asyncDispose]: () => simulator.close() };
}

/** The error of an opening. */
export async function errorOf(opening: Promise<unknown>): Promise<TurnError> {
  const error = await inTime(opening).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TurnError, `it came to ${String(error)}`);
  return error;
}
