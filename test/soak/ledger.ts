import { type BaseConversation, type BaseMessage, type BaseSend, Ledger } from '../support/kit/ledger.ts';
import type { ChannelFault } from './channel-faults.ts';
import type { ModelFault } from './model-faults.ts';

/** A user's talk with the bot. */
export interface Conversation extends BaseConversation<Message> {
  readonly channel: string;
  /** What its channel answers to everything, once it is over. */
  goneStatus: 403 | 404 | undefined;
}

/** One try of the bot to answer, as the channel saw it; all times in milliseconds since the epoch. */
export interface Send extends BaseSend {
  /** When the exchange was over, for the bot, too. */
  endedAtMs: number | undefined;
  readonly fault: ChannelFault | 'inBand';
  /** In the place of what was sent before, which makes no second message. */
  readonly isUpdate: boolean;
  /** Whether the bot was told what became of it. */
  readonly isAnswered: boolean;
  readonly hasAudio: boolean;
}

/** A response that the bot asked the model for. */
export interface Ask {
  readonly atMs: number;
  readonly fault: ModelFault;
}

/** One message of a user, and all that became of it. */
export interface Message extends BaseMessage<Conversation> {
  /** Answered in the response to its POST (`expectReplies`). */
  readonly isInBand: boolean;
  postedAtMs: number;
  readonly sends: Send[];
  readonly asks: Ask[];
  typingAfterReply: number;
  /** Deliveries that were refused, or that got no answer. */
  failedPosts: number;
  /** Too many waited in its conversation: the queue has cancelled it. */
  isCancelled: boolean;
}

/** What is wrong beyond the replies to messages. */
export const NOTED = [
  ...['crossed memory', 'lost memory', 'told twice', 'crossed sound', 'question of nobody', 'reply to nobody'],
  ...['notice after the answer', 'wrong answer to a POST'],
] as const;

const CHANNELS = ['emulator', 'webchat', 'msteams'] as const;

/** Also records when the model's sockets were broken. */
export class SoakLedger extends Ledger<Message, Conversation> {
  /** Answers in the response to a POST are made beside the queue, where it is shared. */
  readonly isShared: boolean;
  /** When all of the model's sockets were broken. */
  readonly drops: number[] = [];

  constructor(isShared: boolean) {
    super();
    this.isShared = isShared;
  }

  open(): Conversation {
    const next = this.nextConversation();
    const channel = CHANNELS[next.index % CHANNELS.length] ?? 'emulator';
    // Real ids hold characters that have to be quoted in a path.
    const id = channel === 'msteams' ? `19:soak ${next.index}@thread.tacv2;messageid=1/2` : `soak-${next.index}`;
    const conversation: Conversation = { ...next, id, channel, goneStatus: undefined };
    this.conversations.push(conversation);
    return conversation;
  }

  add(conversation: Conversation, isInBand: boolean): Message {
    return this.addMessage({
      ...this.nextMessage(conversation),
      ...{ isInBand, postedAtMs: Date.now(), sends: [], asks: [], typingAfterReply: 0, failedPosts: 0 },
      isCancelled: false,
    });
  }
}
