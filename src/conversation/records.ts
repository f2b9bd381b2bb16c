import type { ContextTokens } from '../realtime/model-result.ts';
import { NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import { EMPTY_MEMORY, type Memory } from './history/history.ts';
import type { Reply } from './reply.ts';

/** What people chose for their conversation; what they did not is as configured. */
export interface ConversationSettings {
  readonly voice?: string;
  readonly modality?: 'audio' | 'text';
}

/** What a conversation has used so far. */
export interface ConversationUsage {
  readonly turns: number;
  /** Of all replies together. */
  readonly audioMs: number;
  readonly tokens: TokenUsage;
  /** What the warm session holds, if there is one. */
  readonly context: ContextTokens;
}

/** The instance that works on a conversation: nobody else begins a turn of it before `untilMs`. */
export interface Runner {
  readonly instance: string;
  readonly untilMs: number;
  /** What it is about to answer; see `messageId`. */
  readonly message?: string;
}

/** How many instances, one after another, have ended while they were about to answer a message. */
export interface FailedTries {
  readonly message: string;
  readonly count: number;
}

/** An answer that was made and is being sent: whoever has to do that again need not make it again. */
export interface UnsentReply {
  /** The message that it answers; see `messageId`. */
  readonly message: string;
  readonly reply: Pick<Reply, 'text' | 'addsToShown' | 'isFromModel'>;
  /** Its sound in the audio store. */
  readonly audioId?: string;
}

/** What is remembered of a conversation. Fields that a newer version has put there are kept as they are. */
export interface ConversationRecord extends Memory {
  readonly version: number;
  readonly settings: ConversationSettings;
  readonly usage: ConversationUsage;
  /** The last turn that was saved; see `id` of a job. A warm session that heard another one last is of no use. */
  readonly lastTurn: string | undefined;
  /** Digests of the activities that were answered, the newest last, at most MAX_ANSWERED; see `messageId`. */
  readonly answered: readonly string[];
  /** The reply that is being delivered. */
  readonly unsent: UnsentReply | undefined;
  readonly runner?: Runner | undefined;
  readonly tries?: FailedTries | undefined;
}

/** A change of a record; a pure function, since it may be applied more than once. */
export type Edit = (record: ConversationRecord) => ConversationRecord;

/** The version of the records that are written. */
export const RECORD_VERSION = 3;
/** Channels deliver an activity again within minutes. */
export const MAX_ANSWERED = 48;

export const EMPTY_RECORD: ConversationRecord = Object.freeze({
  version: RECORD_VERSION,
  ...EMPTY_MEMORY,
  settings: {},
  usage: { turns: 0, audioMs: 0, tokens: NO_TOKENS, context: { text: 0, audio: 0 } },
  lastTurn: undefined,
  answered: [],
  unsent: undefined,
});

/** The record with one more activity that is known as answered; see `messageId`. */
export function withAnswered(record: ConversationRecord, message: string): ConversationRecord {
  const others = record.answered.filter((each) => each !== message);
  const unsent = record.unsent?.message === message ? undefined : record.unsent;
  return { ...record, answered: [...others, message].slice(-MAX_ANSWERED), unsent };
}
