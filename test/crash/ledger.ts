import { jobId } from '../../src/database/names.ts';
import { type BaseConversation, type BaseMessage, type BaseSend, Ledger } from '../support/kit/ledger.ts';
import type { Kind } from './steps.ts';

export interface Conversation extends BaseConversation<Message> {
  readonly channelId: string;
}

/** An action of an instance. */
interface Action {
  readonly atMs: number;
  readonly instance: string;
}

/** One message of a user, and everything that happened to it. Times are in milliseconds since the epoch. */
export interface Message extends BaseMessage<Conversation> {
  /** Where its instance is killed, or when it is written. */
  readonly kind: Kind;
  /** The instance that its POST was last sent to. */
  postedTo: string | undefined;
  /** When it reached its step. */
  reachedAtMs: number | undefined;
  /** When its instance was killed. */
  killedAtMs: number | undefined;
  /** The times of the COMMITs that accepted it, saved its answer and completed its turn. */
  keptAtMs: number | undefined;
  savedAtMs: number | undefined;
  recordedAtMs: number | undefined;
  /** Attempts at its turn. */
  readonly begun: Action[];
  /** Responses requested from the model. */
  readonly asks: Action[];
  readonly sends: BaseSend[];
  /** When the second part of an answer was accepted. */
  restAtMs: number | undefined;
  audioUrl: string | undefined;
  /** The result of checking the audio of its answer. */
  audio: string | undefined;
}

/** Also finds messages by job. */
export class CrashLedger extends Ledger<Message, Conversation> {
  readonly #byJob = new Map<string, Message>();

  open(channelId = 'emulator'): Conversation {
    const next = this.nextConversation();
    const conversation = { ...next, id: `crash-${next.index}`, channelId };
    this.conversations.push(conversation);
    return conversation;
  }

  add(conversation: Conversation, kind: Kind): Message {
    const nothingYet = {
      ...{ postedAtMs: undefined, postedTo: undefined, reachedAtMs: undefined, killedAtMs: undefined },
      ...{ keptAtMs: undefined, savedAtMs: undefined, recordedAtMs: undefined, restAtMs: undefined },
      ...{ audioUrl: undefined, audio: undefined },
    };
    const message = { ...this.nextMessage(conversation), ...nothingYet, kind, begun: [], asks: [], sends: [] };
    const { activityId } = message;
    this.#byJob.set(jobId({ key: keyOf(conversation), activityId }), message);
    return this.addMessage(message);
  }

  /** Finds the messages whose jobs are named in a text. */
  jobsIn(text: string): readonly Message[] {
    return (text.match(UUID) ?? []).flatMap((id) => this.#byJob.get(id) ?? []);
  }
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The key of a conversation. */
export function keyOf({ channelId, id }: Pick<Conversation, 'channelId' | 'id'>): string {
  return `${channelId}/${id}`;
}
