import { type BaseConversation, type BaseMessage, type BaseSend, Ledger } from '../support/kit/ledger.ts';
import type { ChannelFault } from './channel-faults.ts';
import type { ModelFault } from './model-faults.ts';

/** A conversation of a user with the bot. */
export interface Conversation extends BaseConversation<Message> {
  readonly channel: string;
  /** The status with which its channel answers everything once it is gone. */
  goneStatus: 403 | 404 | undefined;
}

/** One attempt of the bot to deliver an answer, as the channel saw it. Times are in milliseconds since the epoch. */
export interface Send extends BaseSend {
  /** When the exchange ended, for the bot too. */
  endedAtMs: number | undefined;
  readonly fault: ChannelFault | 'expectReplies';
  /** Replaces an earlier message, so it is not a second one. */
  readonly isUpdate: boolean;
  /** Whether the bot got the response. */
  readonly isAnswered: boolean;
  readonly hasAudio: boolean;
}

/** A response that the bot requested from the model. */
export interface Ask {
  readonly atMs: number;
  readonly fault: ModelFault;
}

/** One message of a user, and everything that happened to it. */
export interface Message extends BaseMessage<Conversation> {
  /** Answered in the response to its POST (`expectReplies`). */
  readonly expectsReplies: boolean;
  postedAtMs: number;
  readonly sends: Send[];
  readonly asks: Ask[];
  typingAfterReply: number;
  /** Deliveries that were refused, or that got no answer. */
  failedPosts: number;
  /** The queue was full and cancelled it. */
  isCancelled: boolean;
}

/** Kinds of findings that are not about single replies. */
export const NOTED = [
  ...['crossed memory', 'lost memory', 'repeated memory', 'crossed audio', 'question of nobody', 'reply to nobody'],
  ...['notice after the answer', 'wrong answer to a POST'],
] as const;

const CHANNELS = ['emulator', 'webchat', 'msteams'] as const;

/** Also records when all sockets of the model were broken. */
export class SoakLedger extends Ledger<Message, Conversation> {
  /** Whether instances share a queue: `expectReplies` turns then run outside of it. */
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

  add(conversation: Conversation, expectsReplies: boolean): Message {
    return this.addMessage({
      ...this.nextMessage(conversation),
      ...{ expectsReplies, postedAtMs: Date.now(), sends: [], asks: [], typingAfterReply: 0, failedPosts: 0 },
      isCancelled: false,
    });
  }
}
