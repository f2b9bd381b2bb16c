import { confirm, startChannel } from '../support/kit/fake-servers.ts';
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

let arrivals: Arrival[] = [];
/** By the activity that is answered. */
const firstPieces = new Map<string, number>();
let onArrival = () => {};

/** A message counts from when it was answered: until then its turn is not over for the bot. */
const channel = startChannel((call, response) => {
  const atMs = epochMs();
  const { type, text = '', replyToId = '', attachments = [] } = call.reply;
  if (type === 'typing' && text !== '' && !firstPieces.has(replyToId)) firstPieces.set(replyToId, atMs);
  confirm(response, call, () => {
    if (type !== 'message') return;
    const hasAudio = attachments[0]?.contentType === 'audio/wav';
    const firstPieceAtMs = firstPieces.get(replyToId);
    firstPieces.delete(replyToId);
    arrivals.push({ replyToId, atMs, firstPieceAtMs, bodyBytes: call.bodyBytes, text, hasAudio });
    onArrival();
  });
});

const calls = {
  url: async (): Promise<string> => (await channel).url,
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
