import type { TurnContext } from 'botbuilder';
import { LRUCache } from 'lru-cache';
import { atMost } from '../at-most.ts';
import type { Clock } from '../clock.ts';
import type { Reply, ReplySink, Respond, TurnReference } from '../conversation/turn.ts';
import type { Logger } from '../log.ts';
import type { VoiceAdapter } from './adapter.ts';
import { channelOf } from './capabilities.ts';
import type { Pace } from './live-message.ts';
import type { ReplyStyle } from './reply-activity.ts';
import type { ServiceUrls } from './service-urls.ts';
import { openSink } from './sink.ts';
import { conversationKey, fromReference, keyOf } from './user-turn.ts';

const MOST_CONVERSATIONS = 10_000;

/** What the ways back need. */
export interface RespondOptions extends Omit<ReplyStyle, 'words'> {
  readonly adapter: VoiceAdapter;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publicBaseUrl: () => string | undefined;
  readonly serviceUrls: ServiceUrls;
  /** Bound of one send with all of its tries. */
  readonly sendLimitMs: number;
}

/** The ways back to the user. */
export interface Responders {
  /** After the request was answered, by calls to the channel. */
  later(reference: TurnReference): Respond;
  /** Within the request that is still open (`expectReplies`). */
  inBand(context: TurnContext): Respond;
  /** After the request was answered, for what is more than an answer. */
  openContext(reference: TurnReference, work: (context: TurnContext) => Promise<void>): Promise<void>;
}

/** The ways back over this adapter. */
export function createResponders(options: RespondOptions): Responders {
  const { adapter, serviceUrls } = options;
  const paces = new LRUCache<string, Pace>({
    ...atMost(MOST_CONVERSATIONS),
    memoMethod: () => ({ nextAtMs: 0 }),
  });
  const sinkOf = (context: TurnContext, clockLeadMs = 0) => {
    const { channelId, id: activity } = context.activity;
    const conversation = conversationKey(context.activity);
    const log = options.log.child({ channel: channelOf(channelId), conversation, activity });
    const pace = paces.memo(conversation);
    return openSink(context, { ...options, log, pace, clockLeadMs, connector: adapter.connectorOf(context) });
  };
  return {
    later: (reference) => (work) => {
      const newestUrl = () => serviceUrls.newest(keyOf(reference));
      const openedUrl = newestUrl();
      return openLater(adapter, reference, openedUrl, async (context) => {
        const sink = sinkOf(context, reference.clockLeadMs);
        const sendWhereItMoved = (reply: Reply, serviceUrl: string | undefined) =>
          openLater(adapter, reference, serviceUrl, (moved) => sinkOf(moved).send(reply));
        const way: ReplySink = {
          showActivity: () => sink.showActivity(),
          showText: (read) => sink.showText(read),
          stopped: sink.stopped,
          // The user may have written again while the model spoke, and from a new address. What has begun ends where it is.
          async send(reply) {
            await sink.settle();
            const hasMoved = newestUrl() !== openedUrl && !sink.isBegun;
            await (hasMoved ? sendWhereItMoved(reply, newestUrl()) : sink.send(reply));
          },
        };
        try {
          await work(way);
        } finally {
          await sink.close();
        }
      });
    },
    inBand: (context) => (work) => work(sinkOf(context)),
    openContext: (reference, work) => openLater(adapter, reference, serviceUrls.newest(keyOf(reference)), work),
  };
}

function openLater(
  adapter: VoiceAdapter,
  reference: TurnReference,
  serviceUrl: string | undefined,
  work: (context: TurnContext) => Promise<void>,
): Promise<void> {
  const { identity, conversation, activity } = fromReference(reference, serviceUrl);
  const run = (context: TurnContext) => {
    // The turn that botbuilder makes here is an event of its own; without the original's ids and channel the
    // replies would go nowhere.
    Object.assign(context.activity, activity);
    return work(context);
  };
  if (reference.audience === undefined) return adapter.continueConversationAsync(identity, conversation, run);
  return adapter.continueConversationAsync(identity, conversation, reference.audience, run);
}
