import type { Kind } from './steps.ts';

/** A user's talk with the bot. */
export interface Conversation {
  readonly index: number;
  readonly id: string;
  readonly messages: Message[];
}

/** One try of the bot to answer, as the channel saw it. */
export interface Send {
  readonly atMs: number;
  readonly text: string;
  /** Whether the user sees it. */
  readonly isTaken: boolean;
  /** Whether it names the conversation and the message that it has to. */
  readonly isWellAddressed: boolean;
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
export interface Message {
  /** Stands in its text, and nowhere else: `c12-t7`. */
  readonly token: string;
  readonly activityId: string;
  readonly conversation: Conversation;
  readonly number: number;
  /** Where its instance is killed, or when it is written. */
  readonly kind: Kind;
  postedAtMs: number | undefined;
  /** When its POST was answered 200. */
  acceptedAtMs: number | undefined;
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

const TOKEN = /\bc\d+-t\d+\b/g;
const NOTHING_YET = {
  ...{ postedAtMs: undefined, acceptedAtMs: undefined, reachedAtMs: undefined, killedAtMs: undefined },
  ...{ keptAtMs: undefined, savedAtMs: undefined, recordedAtMs: undefined, removedAtMs: undefined, sound: undefined },
};

/** Every token in a text. */
export function tokensIn(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** The first of the sends that the user saw. */
export function answerOf({ sends }: Message): Send | undefined {
  return sends.find(({ isTaken }) => isTaken);
}

/** All that happens. */
export class Ledger {
  readonly conversations: Conversation[] = [];
  readonly #messages = new Map<string, Message>();
  /** The ports of the instances that were killed. */
  readonly killed = new Set<string>();
  /** What is wrong, and seen as it happens. */
  readonly findings: string[] = [];
  readonly #waiters = new Set<() => void>();

  open(): Conversation {
    const index = this.conversations.length + 1;
    const conversation: Conversation = { index, id: `crash-${index}`, messages: [] };
    this.conversations.push(conversation);
    return conversation;
  }

  add(conversation: Conversation, kind: Kind): Message {
    const number = conversation.messages.length + 1;
    const token = `c${conversation.index}-t${number}`;
    const message = { token, activityId: `${token}|0000001`, conversation, number, kind, ...NOTHING_YET };
    const whole: Message = { ...message, asks: [], sends: [] };
    conversation.messages.push(whole);
    this.#messages.set(token, whole);
    return whole;
  }

  get messages(): readonly Message[] {
    return [...this.#messages.values()];
  }

  /** By its token, or by its activity's id. */
  find(name: string): Message | undefined {
    return this.#messages.get(name.split('|')[0] ?? '');
  }

  note(finding: string): void {
    this.findings.push(finding);
  }

  /** Something became of a message. */
  changed(): void {
    for (const look of this.#waiters) look();
  }

  /** Resolves with true as soon as it holds, with false when the time is over. */
  when(holds: () => boolean, limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isSo: boolean) => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(isSo);
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
