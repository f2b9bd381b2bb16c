import { Counts } from './report.ts';

/** A conversation of a user with the bot. */
export interface BaseConversation<Message> {
  readonly index: number;
  readonly id: string;
  readonly messages: Message[];
}

/** One attempt of the bot to deliver an answer, as the channel saw it. */
export interface BaseSend {
  /** Milliseconds since the epoch, like all times here. */
  readonly atMs: number;
  readonly text: string;
  readonly isShown: boolean;
  /** Whether path and body name the right conversation and message. */
  readonly isWellAddressed: boolean;
}

/** A message of a user, and everything that happened to it. */
export interface BaseMessage<Conversation> {
  /** Unique to its text: `c12-m7`. */
  readonly token: string;
  readonly activityId: string;
  readonly conversation: Conversation;
  /** From 1 within its conversation. */
  readonly number: number;
  postedAtMs: number | undefined;
  /** When its POST was answered 200. */
  acceptedAtMs: number | undefined;
  readonly sends: readonly BaseSend[];
}

const TOKEN = /\bc\d+-m\d+\b/g;

/** Every token in a text. */
export function tokensIn(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** The first send that the user saw. */
export function answerOf<Send extends BaseSend>({ sends }: { readonly sends: readonly Send[] }): Send | undefined {
  return sends.find(({ isShown }) => isShown);
}

/** Records messages, answers and findings. */
export class Ledger<Message extends BaseMessage<Conversation>, Conversation extends BaseConversation<Message>> {
  readonly conversations: Conversation[] = [];
  readonly #messages = new Map<string, Message>();
  readonly #counts = new Map<string, Counts<string>>();
  /** Findings, as `kind: details`. */
  readonly findings: string[] = [];
  readonly #waiters = new Set<() => void>();

  /** The initial fields of the next conversation. */
  protected nextConversation() {
    return { index: this.conversations.length + 1, messages: [] };
  }

  /** The initial fields of the next message of a conversation. */
  protected nextMessage(conversation: Conversation) {
    const number = conversation.messages.length + 1;
    const token = `c${conversation.index}-m${number}`;
    return { token, number, conversation, activityId: `${token}|0000001`, acceptedAtMs: undefined };
  }

  protected addMessage(message: Message): Message {
    message.conversation.messages.push(message);
    this.#messages.set(message.token, message);
    return message;
  }

  get messages(): readonly Message[] {
    return [...this.#messages.values()];
  }

  /** Finds a message by its token, by its activity's id, or by the first token in a text. */
  find(text: string): Message | undefined {
    return this.#messages.get(tokensIn(text)[0] ?? '');
  }

  note(kind: string, details: string): void {
    this.count('noted', kind);
    this.findings.push(`${kind}: ${details}`);
  }

  count(group: string, name: string): void {
    const counts = this.#counts.get(group) ?? new Counts<string>();
    this.#counts.set(group, counts);
    counts.add(name);
  }

  /** The counts of a group, in descending order. */
  counted(group: string): readonly (readonly [string, number])[] {
    return this.#counts.get(group)?.sorted() ?? [];
  }

  /** Re-evaluates all pending `when` conditions. */
  recheck(): void {
    for (const look of this.#waiters) look();
  }

  /** Resolves with true as soon as the condition holds, and with false after `limitMs`. */
  when(holds: () => boolean, limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isHeld: boolean) => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(isHeld);
      };
      const look = () => {
        if (holds()) end(true);
      };
      const timer = setTimeout(() => end(holds()), limitMs);
      this.#waiters.add(look);
      look();
    });
  }
}
