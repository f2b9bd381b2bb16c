import type { ContextTokens } from '../realtime/turn-result.ts';
import { NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import { EMPTY_MEMORY, type Memory } from './history.ts';
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
  readonly reply: Omit<Reply, 'audio' | 'choice'>;
  /** Its sound in the audio store. */
  readonly audioId?: string;
}

/** What is remembered of a conversation. Fields that a newer version has put there are kept as they are. */
export interface ConversationRecord extends Memory {
  readonly version: number;
  readonly settings: ConversationSettings;
  readonly usage: ConversationUsage;
  /** The latest messages that were answered, the newest last. */
  readonly answered: readonly string[];
  readonly unsent: UnsentReply | undefined;
  readonly runner: Runner | undefined;
  readonly tries: FailedTries | undefined;
}

/** A change of a record; a pure function, since it may be applied more than once. */
export type Edit = (record: ConversationRecord) => ConversationRecord;

/** The version of the records that are written. 1 had neither runner nor unsent answer. */
export const RECORD_VERSION = 2;

export const EMPTY_RECORD: ConversationRecord = Object.freeze({
  version: RECORD_VERSION,
  ...EMPTY_MEMORY,
  settings: {},
  usage: { turns: 0, audioMs: 0, tokens: NO_TOKENS, context: { text: 0, audio: 0 } },
  answered: [],
  unsent: undefined,
  runner: undefined,
  tries: undefined,
});
