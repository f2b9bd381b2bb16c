import type { WebSocket } from 'ws';
import * as wire from '../realtime/server-events.ts';
import { type FakeServer, startRealtimeServer } from '../support/kit/fake-servers.ts';

/** The service's knowledge when a response is requested. */
export interface Asked {
  readonly socket: WebSocket;
  readonly turnId: string;
  /** The `event_id`s since the last response, by type. */
  readonly eventIds: Readonly<Record<string, string>>;
}

/** A fast Realtime server that accepts everything, and answers as scripted. */
export interface Service extends FakeServer {
  /** Called for each `response.create`. */
  answer: (asked: Asked) => void;
}

export async function startService(): Promise<Service> {
  const server = await startRealtimeServer((socket) => {
    let eventIds: Record<string, string> = {};
    // Without it the bot's model check at the start fails, which counts as a fault here.
    socket.send(JSON.stringify({ type: 'session.created', session: { id: 'sess_1', type: 'realtime' } }));
    socket.on('message', (data) => {
      const event = JSON.parse(String(data));
      eventIds[event.type] = String(event.event_id);
      if (event.type !== 'response.create') return;
      service.answer({ socket, turnId: event.response.metadata.turn, eventIds });
      eventIds = {};
    });
  });
  const service: Service = { ...server, answer: sayHello };
  return service;
}

export const HELLO = 'Hello again';
const SOUND = Buffer.alloc(480, 7);

/** A short answer with a little audio. */
function sayHello({ socket, turnId }: Asked): void {
  const response = `resp_${turnId}`;
  const events = [
    wire.created({ response, turn: turnId }),
    wire.transcriptDelta(HELLO, { response }),
    wire.audioDelta(SOUND, { response }),
    wire.done({ response, turn: turnId }),
  ];
  for (const event of events) socket.send(JSON.stringify(event));
}
