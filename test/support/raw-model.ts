import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';

type Fields = Readonly<Record<string, unknown>>;

/** One `response.create` on the wire, with everything needed to answer it. */
export interface ReceivedRequest {
  readonly socket: WebSocket;
  /** The name of the turn, from the metadata. */
  readonly turn: string;
  /** A unique id for the response. */
  readonly response: string;
  /** The `event_id`s of this turn's client events, by type. */
  readonly eventIds: ReadonlyMap<string, string>;
  /** Sends frames. Strings and bytes are sent unchanged. */
  send(...frames: readonly (Fields | string | Uint8Array)[]): void;
}

export type RawAnswer = (request: ReceivedRequest) => void;

/** The answer to a handshake instead of 101. */
export type Refusal = { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | 'hang';

/** A Realtime server that sends exactly the frames of a test. */
export interface RawModel {
  readonly url: string;
  /** The texts of the user items, for each socket. */
  readonly userTexts: readonly (readonly string[])[];
  readonly sockets: readonly WebSocket[];
  /** Of every `session.update` that sets the voice, in order. */
  readonly voices: readonly string[];
  /** The names of the tools in every `session.update`, in order. */
  readonly tools: readonly (readonly string[])[];
  /** Resolves once an event of this type has come from the client. */
  whenReceived(type: string): Promise<void>;
  /** Consumed by the next handshakes. */
  readonly refusals: Refusal[];
  close(): Promise<void>;
}

/**
 * Answers `response.create` by `response.create` from the list; one beyond it gets no answer. A new socket is sent
 * `greeting` first.
 */
export async function startRawModel(
  answers: readonly RawAnswer[],
  greeting: readonly Fields[] = [],
): Promise<RawModel> {
  const left = [...answers];
  const userTexts: string[][] = [];
  const sockets: WebSocket[] = [];
  const voices: string[] = [];
  const tools: string[][] = [];
  const refusals: Refusal[] = [];
  const hanging: Duplex[] = [];
  const webSockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  const received = new Map<string, PromiseWithResolvers<void>>();
  const whenReceived = (type: string) => {
    const known = received.get(type) ?? Promise.withResolvers<void>();
    received.set(type, known);
    return known;
  };
  let count = 0;

  function onSocket(socket: WebSocket): void {
    const texts: string[] = [];
    const eventIds = new Map<string, string>();
    userTexts.push(texts);
    sockets.push(socket);
    socket.on('error', () => {});
    for (const frame of greeting) socket.send(JSON.stringify(frame));
    socket.on('message', (data: RawData) => {
      const event = JSON.parse(String(data)) as Fields & { type: string };
      eventIds.set(event.type, String(event['event_id']));
      whenReceived(event.type).resolve();
      if (event.type === 'session.update') {
        voices.push(...voicesOf(event));
        tools.push(toolsOf(event));
      }
      if (event.type === 'conversation.item.create') texts.push(textOf(event));
      if (event.type !== 'response.create') return;
      const { metadata } = event['response'] as { metadata: { turn: string } };
      const send: ReceivedRequest['send'] = (...frames) => {
        for (const frame of frames) {
          const isRaw = typeof frame === 'string' || frame instanceof Uint8Array;
          socket.send(isRaw ? frame : JSON.stringify(frame));
        }
      };
      left.shift()?.({ socket, turn: metadata.turn, response: `resp_${++count}`, eventIds, send });
    });
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusals.shift();
    if (refusal === 'hang') return void hanging.push(socket);
    if (refusal !== undefined) return refuse(socket, refusal);
    webSockets.handleUpgrade(request, socket, head, onSocket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    userTexts,
    sockets,
    voices,
    tools,
    refusals,
    whenReceived: (type) => whenReceived(type).promise,
    async close() {
      for (const socket of [...webSockets.clients]) socket.terminate();
      for (const socket of hanging) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(socket: Duplex, { status, headers = {} }: Exclude<Refusal, 'hang'>): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join('')}connection: close\r\ncontent-length: 0\r\n\r\n`);
}

function textOf(event: Fields): string {
  const { content = [] } = event['item'] as { content?: { text: string }[] };
  return content.map(({ text }) => text).join('');
}

function voicesOf(event: Fields): string[] {
  const { audio } = event['session'] as { audio?: { output: { voice: string } } };
  return audio === undefined ? [] : [audio.output.voice];
}

function toolsOf(event: Fields): string[] {
  const { tools = [] } = event['session'] as { tools?: { name: string }[] };
  return tools.map(({ name }) => name);
}
