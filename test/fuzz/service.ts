import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import * as wire from '../realtime/server-events.ts';

/** What the service knows when it is asked for a response. */
export interface Asked {
  readonly socket: WebSocket;
  readonly turnId: string;
  /** The `event_id`s of what came since the last response, by type. */
  readonly eventIds: Readonly<Record<string, string>>;
}

/** A Realtime server that is quick, takes everything, and answers as it is told. */
export interface Service {
  readonly url: string;
  /** Called for each `response.create`. */
  answer: (asked: Asked) => void;
  close(): Promise<void>;
}

export async function startService(answer: (asked: Asked) => void = sayHello): Promise<Service> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => {
    let eventIds: Record<string, string> = {};
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const event = JSON.parse(String(data));
      eventIds[event.type] = String(event.event_id);
      if (event.type !== 'response.create') return;
      service.answer({ socket, turnId: event.response.metadata.turn, eventIds });
      eventIds = {};
    });
  });
  await once(server, 'listening');
  const service: Service = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer,
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

export const HELLO = 'Hello again';
const SOUND = Buffer.alloc(480, 7);

/** A short answer with a little sound. */
export function sayHello({ socket, turnId }: Asked): void {
  const response = `resp_${turnId}`;
  const events = [
    wire.created({ response, turn: turnId }),
    wire.transcriptDelta(HELLO, { response }),
    wire.audioDelta(SOUND, { response }),
    wire.done({ response, turn: turnId }),
  ];
  for (const event of events) socket.send(JSON.stringify(event));
}
