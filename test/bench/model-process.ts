import type { WebSocket } from 'ws';
import { startRealtimeServer } from '../support/kit/fake-servers.ts';
import { epochMs } from './measure.ts';
import { serve } from './serve.ts';
import {
  CALL_PREFIX,
  FULL_TURN,
  fill,
  LIGHT_PREFIX,
  LIGHT_TURN,
  type TurnFrames,
  toCallFrames,
  toFrames,
} from './turn-frames.ts';

/** What the server saw of one turn, in milliseconds since the epoch. */
export interface ServedTurn {
  /** The first word of the user's message. */
  readonly label: string;
  /** When its `response.create` was there. */
  readonly askedAtMs: number;
  /** When its first delta was handed to the socket. */
  readonly firstDeltaAtMs: number;
  /** When its last delta had been handed to the socket. */
  readonly lastDeltaAtMs: number;
}

interface ClientEvent {
  readonly type: string;
  readonly item?: { readonly type?: string; readonly content?: readonly { readonly text?: string }[] };
  readonly response?: { readonly metadata?: object };
  readonly session?: { readonly tools?: readonly unknown[] };
}

const full = toFrames(FULL_TURN);
const light = toFrames(LIGHT_TURN);
const call = toCallFrames();
let served: ServedTurn[] = [];
let count = 0;
let toolCount = 0;

/** As long as the service's ids, and the same length in every turn. */
function nextId(): string {
  return String(++count).padStart(20, '0');
}

function play(
  socket: WebSocket,
  { deltas, ending }: TurnFrames,
  metadata: string,
): Pick<ServedTurn, 'firstDeltaAtMs' | 'lastDeltaAtMs'> {
  const id = nextId();
  const firstDeltaAtMs = epochMs();
  for (const frame of deltas) socket.send(fill(frame, id, metadata));
  const lastDeltaAtMs = epochMs();
  for (const frame of ending) socket.send(fill(frame, id, metadata));
  return { firstDeltaAtMs, lastDeltaAtMs };
}

const server = startRealtimeServer((socket) => {
  let text = '';
  let isCallDue = false;
  const send = (event: object) => socket.send(JSON.stringify({ event_id: `event_${nextId()}`, ...event }));
  const session = { id: `sess_${nextId()}`, object: 'realtime.session', type: 'realtime' };
  send({ type: 'session.created', session: { ...session, expires_at: Math.ceil(Date.now() / 1000) + 3600 } });
  socket.on('message', (data) => {
    const arrivedAtMs = epochMs();
    const event: ClientEvent = JSON.parse(data.toString());
    switch (event.type) {
      case 'session.update':
        toolCount = event.session?.tools?.length ?? toolCount;
        send({ type: 'session.updated', session: { ...session, ...event.session } });
        break;
      case 'conversation.item.create':
        if (event.item?.type === 'function_call_output') isCallDue = false;
        else {
          text = event.item?.content?.[0]?.text ?? '';
          isCallDue = text.startsWith(CALL_PREFIX);
        }
        send({ type: 'conversation.item.added', previous_item_id: null, item: event.item });
        send({ type: 'conversation.item.done', previous_item_id: null, item: event.item });
        break;
      case 'response.create': {
        const metadata = JSON.stringify(event.response?.metadata ?? null);
        if (isCallDue) {
          play(socket, call, metadata);
          break;
        }
        const frames = text.startsWith(LIGHT_PREFIX) ? light : full;
        const times = play(socket, frames, metadata);
        served.push({ label: text.split(' ', 1)[0] ?? '', askedAtMs: arrivedAtMs, ...times });
      }
    }
  });
});

const calls = {
  url: async (): Promise<string> => (await server).url,
  /** The turns since the last call. */
  takeTurns(): ServedTurn[] {
    const taken = served;
    served = [];
    return taken;
  },
  /** The number of tools in the last session that was configured with some. */
  toolCount: (): number => toolCount,
  openSockets: async (): Promise<number> => (await server).openSockets,
};

export type ModelCalls = typeof calls;

serve(calls);
