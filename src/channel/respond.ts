import type { TurnContext } from 'botbuilder';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { ChannelStream, Reply, ReplySender, Respond } from '../conversation/reply.ts';
import type { MessageReference } from '../conversation/user-message.ts';
import type { Logger } from '../log.ts';
import { lruOptions } from '../lru-options.ts';
import type { VoiceAdapter } from './adapter.ts';
import { channelOf } from './capabilities.ts';
import type { Pace } from './pace.ts';
import type { ReplyStyle } from './reply-activity.ts';
import { type ChannelReplySender, openReplySender } from './reply-sender.ts';
import type { ServiceUrls } from './service-urls.ts';
import { conversationKey, fromReference } from './user-message.ts';

const MAX_CONVERSATIONS = 10_000;

/** What the ways back need. */
export interface RespondOptions extends Omit<ReplyStyle, 'messages'> {
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
  later(reference: MessageReference): Respond;
  /** Within the request that is still open (`expectReplies`). */
  inBand(context: TurnContext): Respond;
  /** After the request was answered, for what is more than an answer. */
  openContext(reference: MessageReference, work: (context: TurnContext) => Promise<void>): Promise<void>;
}

/** The ways back over this adapter. */
export function createResponders(options: RespondOptions): Responders {
  const { adapter, serviceUrls } = options;
  const paces = new LRUCache<string, Pace>({ ...lruOptions(MAX_CONVERSATIONS), memoMethod: () => ({ nextAtMs: 0 }) });
  const senderOf = (context: TurnContext, clockLeadMs = 0, stream: ChannelStream = NO_STREAM) => {
    const { channelId, id: activity } = context.activity;
    const conversation = conversationKey(context.activity);
    const log = options.log.child({ channel: channelOf(channelId), conversation, activity });
    const pace = paces.memo(conversation);
    return openReplySender(context, {
      ...options,
      log,
      pace,
      clockLeadMs,
      stream,
      connector: adapter.connectorOf(context),
    });
  };
  const later = (reference: MessageReference): Respond => {
    const newestUrl = () => serviceUrls.newest(reference);
    return (work, stream) => {
      const openedUrl = newestUrl();
      return openLater(adapter, reference, openedUrl, async (context) => {
        const sender = senderOf(context, reference.clockLeadMs, stream);
        const sendApart = (reply: Reply) =>
          openLater(adapter, reference, newestUrl(), (other) => senderOf(other).send(reply));
        // The user may have written again while the model spoke, and from a new address. What has begun ends where it is.
        const hasMoved = () => newestUrl() !== openedUrl && !sender.isBegun;
        try {
          return await work(new WayBack(sender, hasMoved, sendApart));
        } finally {
          await sender.close();
        }
      });
    };
  };
  return {
    later,
    inBand: (context) => (work) => work(new WayBack(senderOf(context))),
    openContext: (reference, work) => openLater(adapter, reference, serviceUrls.newest(reference), work),
  };
}

const NO_STREAM: ChannelStream = { earlierId: undefined, onBegun: () => {} };

/** The way back of one turn: what cannot be sent where it was opened goes apart. */
class WayBack implements ReplySender {
  readonly #sender: ChannelReplySender;
  readonly #hasMoved: () => boolean;
  readonly #sendApart: (reply: Reply) => Promise<void>;
  #notified: Promise<void> | undefined;

  constructor(
    sender: ChannelReplySender,
    hasMoved: () => boolean = () => false,
    sendApart: (reply: Reply) => Promise<void> = (reply) => sender.send(reply),
  ) {
    this.#sender = sender;
    this.#hasMoved = hasMoved;
    this.#sendApart = sendApart;
  }

  get stopped(): AbortSignal {
    return this.#sender.stopped;
  }

  get hasShown(): boolean {
    return this.#sender.hasShown;
  }

  showActivity(): void {
    this.#sender.showActivity();
  }

  showProgress(text: string): void {
    this.#sender.showProgress(text);
  }

  showText(read: () => string): void {
    this.#sender.showText(read);
  }

  abandon(): void {
    this.#sender.abandon();
  }

  /** What was shown of the answer ends with the notice. */
  notify(text: string): Promise<void> {
    this.#notified ??= this.#sender.send({ text, audio: undefined, addsToShown: true });
    return this.#notified;
  }

  async send(reply: Reply): Promise<void> {
    await this.#notified?.catch(() => {});
    await this.#sender.settle();
    await (this.#notified !== undefined || this.#hasMoved() ? this.#sendApart(reply) : this.#sender.send(reply));
  }
}

async function openLater<T>(
  adapter: VoiceAdapter,
  reference: MessageReference,
  serviceUrl: string,
  work: (context: TurnContext) => Promise<T>,
): Promise<T> {
  const { identity, conversation, activity } = fromReference(reference, serviceUrl);
  let done: Promise<T> | undefined;
  const run = async (context: TurnContext) => {
    // The turn that botbuilder makes here is an event of its own; without the original's ids and channel the
    // replies would go nowhere.
    Object.assign(context.activity, activity);
    done = work(context);
    await done;
  };
  if (reference.audience === undefined) await adapter.continueConversationAsync(identity, conversation, run);
  else await adapter.continueConversationAsync(identity, conversation, reference.audience, run);
  if (done === undefined) throw new Error('the conversation was not continued');
  return done;
}
