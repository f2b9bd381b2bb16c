import { type BaseConversation, type BaseMessage, type BaseSend, Ledger } from '../support/kit/ledger.ts';
import type { Kind } from './steps.ts';

export interface Conversation extends BaseConversation<Message> {}

/** One try of the bot to answer, as the channel saw it. */
export interface Send extends BaseSend {
  readonly soundUrl: string | undefined;
  /** Of the instance that sent it, where that is known; may be empty. */
  readonly port: string | undefined;
}

/** One response that the model was asked for. */
export interface Ask {
  readonly atMs: number;
  readonly instance: string;
}

/** One message of a user, and all that became of it; times in milliseconds since the epoch. */
export interface Message extends BaseMessage<Conversation> {
  /** Where its instance is killed, or when it is written. */
  readonly kind: Kind;
  /** When it was held at its step. */
  reachedAtMs: number | undefined;
  /** When the instance was killed that had it. */
  killedAtMs: number | undefined;
  /** When it was written to the storage, with its answer, without it, and when it left `pending/`. */
  keptAtMs: number | undefined;
  savedAtMs: number | undefined;
  recordedAtMs: number | undefined;
  removedAtMs: number | undefined;
  readonly asks: Ask[];
  readonly sends: Send[];
  /** What came of fetching the sound of its answer. */
  sound: string | undefined;
}

const NOTHING_YET = {
  ...{ postedAtMs: undefined, reachedAtMs: undefined, killedAtMs: undefined, keptAtMs: undefined },
  ...{ savedAtMs: undefined, recordedAtMs: undefined, removedAtMs: undefined, sound: undefined },
};

/** Also records which instances were killed. */
export class CrashLedger extends Ledger<Message, Conversation> {
  /** The ports of the instances that were killed. */
  readonly killed = new Set<string>();

  open(): Conversation {
    const next = this.nextConversation();
    const conversation = { ...next, id: `crash-${next.index}` };
    this.conversations.push(conversation);
    return conversation;
  }

  add(conversation: Conversation, kind: Kind): Message {
    return this.addMessage({ ...this.nextMessage(conversation), ...NOTHING_YET, kind, asks: [], sends: [] });
  }
}
