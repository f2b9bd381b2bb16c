import type { ChannelFault } from './channel-faults.ts';
import type { ModelFault } from './model-faults.ts';

/** A user's talk with the bot. */
export interface Conversation {
  readonly index: number;
  readonly id: string;
  readonly channel: string;
  readonly messages: Message[];
  /** What its channel answers to everything, once it is over. */
  goneStatus: 403 | 404 | undefined;
}

/** One try of the bot to answer, as the channel saw it; all times in milliseconds since the epoch. */
export interface Attempt {
  readonly atMs: number;
  /** When the exchange was over, for the bot, too. */
  endedAtMs: number | undefined;
  readonly fault: ChannelFault | 'inBand';
  /** Whether the user sees it. */
  readonly isTaken: boolean;
  /** In the place of what was sent before, which makes no second message. */
  readonly isUpdate: boolean;
  /** Whether the bot was told what became of it. */
  readonly isAnswered: boolean;
  readonly text: string;
  readonly hasAudio: boolean;
  /** Whether path and body name the conversation and the message that they have to. */
  readonly isWellAddressed: boolean;
}

/** A response that the bot asked the model for. */
export interface Ask {
  readonly atMs: number;
  readonly fault: ModelFault;
}

/** One message of a user, and all that became of it. */
export interface Message {
  /** Stands in its text, and nowhere else: `c12-m57`. */
  readonly token: string;
  readonly activityId: string;
  readonly conversation: Conversation;
  /** Answered in the response to its POST (`expectReplies`). */
  readonly isInBand: boolean;
  postedAtMs: number;
  /** When its POST was answered 200. */
  acceptedAtMs: number | undefined;
  readonly attempts: Attempt[];
  readonly asks: Ask[];
  typingAfterReply: number;
}

/** What is wrong beyond the replies to messages. */
export const NOTED = [
  'crossed memory',
  'lost memory',
  'crossed sound',
  'question of nobody',
  'reply to nobody',
  'wrong answer to a POST',
] as const;
export type Noted = (typeof NOTED)[number];

const CHANNELS = ['emulator', 'webchat', 'msteams'] as const;
const TOKEN = /\bc(\d+)-m(\d+)\b/g;

/** Every token in a text. */
export function tokensIn(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

export function isOf(conversation: Conversation, token: string): boolean {
  return token.startsWith(`c${conversation.index}-`);
}

/** All that happens in a soak. */
export class Ledger {
  readonly conversations: Conversation[] = [];
  /** When all of the model's sockets were broken. */
  readonly drops: number[] = [];
  readonly #messages = new Map<string, Message>();
  readonly #counts = new Map<string, Map<string, number>>();
  /** What is wrong, and seen as it happens. */
  readonly findings: string[] = [];

  open(): Conversation {
    const index = this.conversations.length + 1;
    const channel = CHANNELS[index % CHANNELS.length] ?? 'emulator';
    // Real ids hold characters that have to be quoted in a path.
    const id = channel === 'msteams' ? `19:soak ${index}@thread.tacv2;messageid=1/2` : `soak-${index}`;
    const conversation: Conversation = { index, id, channel, messages: [], goneStatus: undefined };
    this.conversations.push(conversation);
    return conversation;
  }

  add(conversation: Conversation, isInBand: boolean): Message {
    const token = `c${conversation.index}-m${conversation.messages.length + 1}`;
    const message: Message = {
      ...{ token, activityId: `${token}|0000001`, conversation, isInBand },
      ...{ postedAtMs: Date.now(), acceptedAtMs: undefined, attempts: [], asks: [], typingAfterReply: 0 },
    };
    conversation.messages.push(message);
    this.#messages.set(token, message);
    return message;
  }

  get messages(): readonly Message[] {
    return [...this.#messages.values()];
  }

  /** By its token, or by its activity's id. */
  find(name: string): Message | undefined {
    return this.#messages.get(name.split('|')[0] ?? '');
  }

  note(kind: Noted, more: string): void {
    this.count('noted', kind);
    this.findings.push(`${kind}: ${more}`);
  }

  count(group: string, name: string): void {
    const counts = this.#counts.get(group) ?? new Map<string, number>();
    this.#counts.set(group, counts.set(name, (counts.get(name) ?? 0) + 1));
  }

  counted(group: string): readonly (readonly [string, number])[] {
    return [...(this.#counts.get(group) ?? [])].sort(([, a], [, b]) => b - a);
  }

  sum(group: string): number {
    return this.counted(group).reduce((sum, [, count]) => sum + count, 0);
  }
}
