import { ActivityTypes, type Attachment, type TurnContext } from 'botbuilder';
import { LRUCache } from 'lru-cache';
import type { RecordingAccess, WithReplySender } from '../conversation/reply.ts';
import type { ChannelServices } from '../conversation/services.ts';
import type { MessageReference, UserMessage } from '../conversation/user-message.ts';
import { lruOptions } from '../lru-options.ts';
import type { VoiceAdapter } from './adapter.ts';
import { capabilitiesOf, channelOf } from './capabilities.ts';
import { ChannelCalls } from './channel-calls.ts';
import { recordingAccessOf } from './recording-page.ts';
import type { ReplyOptions } from './reply-context.ts';
import { ChannelReplySender, type ReplyRoute } from './reply-sender.ts';
import type { ServiceUrls } from './service-urls.ts';
import type { Pace } from './streaming-message.ts';
import { conversationKey } from './user-message.ts';

export interface ReplyRoutesOptions extends ReplyOptions {
  readonly adapter: VoiceAdapter;
  readonly serviceUrls: ServiceUrls;
}

const MAX_CONVERSATIONS = 10_000;

/** The routes by which replies reach the user, and what the user's client can do. */
export class ReplyRoutes implements ChannelServices {
  readonly #options: ReplyRoutesOptions;
  readonly #paces = new LRUCache<string, Pace>({
    ...lruOptions(MAX_CONVERSATIONS),
    memoMethod: () => ({ nextAtMs: 0 }),
  });

  constructor(options: ReplyRoutesOptions) {
    this.#options = options;
  }

  /** Opens a sender whose replies go back in the response to the request (`expectReplies`). */
  inResponse(context: TurnContext): WithReplySender {
    const sender = this.#senderOf(context, undefined);
    return (work) => work(sender);
  }

  /** Opens a sender whose replies go by calls to the channel, also after the request has ended. */
  byChannelCall(reference: MessageReference): WithReplySender {
    const { adapter, serviceUrls } = this.#options;
    const withReplySender: WithReplySender = (work, streamRecord) =>
      this.openContext(reference, async (context) => {
        const { serviceUrl } = context.activity;
        const sender = this.#senderOf(context, {
          streamRecord,
          pace: this.#paces.memo(conversationKey(context.activity)),
          clockLeadMs: reference.clockLeadMs ?? 0,
          connector: adapter.connectorOf(context),
          hasMoved: () => serviceUrls.newest(reference) !== serviceUrl,
          sendSeparately: (reply) => withReplySender((other) => other.send(reply)),
        });
        try {
          return await work(sender);
        } finally {
          await sender.close();
        }
      });
    return withReplySender;
  }

  recordingAccess(message: UserMessage): RecordingAccess {
    return recordingAccessOf(message, this.#options.publicBaseUrl());
  }

  showsCards({ channel, scope }: UserMessage): boolean {
    return capabilitiesOf(channel, scope).cards !== 'none';
  }

  /** Runs `work` with a context of its own, after the request was answered. */
  openContext<T>(reference: MessageReference, work: (context: TurnContext) => Promise<T>): Promise<T> {
    const { adapter, serviceUrls } = this.#options;
    return adapter.openContext(reference, serviceUrls.newest(reference), work);
  }

  /** Replaces a message of the bot by a card. Rejects if the channel refuses it. */
  replace(reference: MessageReference, activityId: string, card: Attachment): Promise<void> {
    const activity = { type: ActivityTypes.Message, id: activityId, attachments: [card] };
    return this.openContext(reference, (context) => new ChannelCalls(context, this.#options).update(activity));
  }

  #senderOf(context: TurnContext, route: ReplyRoute | undefined): ChannelReplySender {
    const { channelId, id: activity } = context.activity;
    const conversation = conversationKey(context.activity);
    const log = this.#options.log.child({ channel: channelOf(channelId), conversation, activity });
    return new ChannelReplySender(context, { ...this.#options, log }, route);
  }
}
