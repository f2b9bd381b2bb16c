import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { epochMs } from './measure.ts';
import { serve } from './serve.ts';

/** A message that arrived at the channel. */
export interface Arrival {
  /** The activity that it answers. */
  readonly replyToId: string;
  /** Milliseconds since the epoch, when all of it was there. */
  readonly atMs: number;
  /** When the first piece of its text was there, where it came in pieces. */
  readonly firstPieceAtMs: number | undefined;
  readonly bodyBytes: number;
  readonly text: string;
  readonly hasAudio: boolean;
}

const KEEP_ALIVE_MS = 600_000;

let arrivals: Arrival[] = [];
/** By the activity that is answered. */
const firstPieces = new Map<string, number>();
let onArrival = () => {};
let count = 0;

/** A message counts from when it was answered: until then its turn is not over for the bot. */
async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const atMs = epochMs();
  const body = Buffer.concat(chunks);
  const { type, text = '', replyToId = '', attachments = [] } = JSON.parse(body.toString());
  if (type === 'typing' && text !== '' && !firstPieces.has(replyToId)) firstPieces.set(replyToId, atMs);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: `sent-${++count}` }), () => {
    if (type !== 'message') return;
    const hasAudio = attachments[0]?.contentType === 'audio/wav';
    const firstPieceAtMs = firstPieces.get(replyToId);
    firstPieces.delete(replyToId);
    arrivals.push({ replyToId, atMs, firstPieceAtMs, bodyBytes: body.byteLength, text, hasAudio });
    onArrival();
  });
}

const server = createServer((request, response) => void take(request, response));
// Node's server closes idle connections after 5 s, and a request that meets the close is lost: not what is measured.
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(0, '127.0.0.1');
const listening = once(server, 'listening');

const calls = {
  async port(): Promise<number> {
    await listening;
    return (server.address() as AddressInfo).port;
  },
  /** Waits for so many messages, and hands them out. */
  async takeMessages(wanted: number): Promise<Arrival[]> {
    await new Promise<void>((resolve) => {
      onArrival = () => {
        if (arrivals.length >= wanted) resolve();
      };
      onArrival();
    });
    const taken = arrivals;
    arrivals = [];
    return taken;
  },
};

export type ConnectorCalls = typeof calls;

serve(calls);
