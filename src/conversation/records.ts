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
  /** The audio of all replies together. */
  readonly audioMs: number;
  readonly tokens: TokenUsage;
  /** What the warm session holds, if there is one. */
  readonly context: ContextTokens;
}

/** A reply that was made and is being delivered: an attempt after a crash sends it again instead of asking the model again. */
export interface UnsentReply {
  /** The message that it answers; see `messageId`. */
  readonly messageId: string;
  readonly reply: Pick<Reply, 'text' | 'addsToShown' | 'isFromModel' | 'sources' | 'approvals'>;
  /** Its audio in the audio store. */
  readonly audioId?: string | undefined;
  /** What the turn has cost, in US dollars; see `settle` of the spending. */
  readonly costUsd?: number;
}

/** What is remembered of a conversation. Fields that a newer version has put there are kept as they are. */
export interface ConversationRecord extends Memory {
  readonly version: number;
  readonly settings: ConversationSettings;
  readonly usage: ConversationUsage;
  /** Changes whenever a warm session becomes stale: a session with another one is closed. */
  readonly sessionVersion: string | undefined;
  /** Digests of the activities that were answered, the newest last, at most MAX_ANSWERED; see `messageId`. */
  readonly answered: readonly string[];
  /** The reply that is being delivered. */
  readonly unsent: UnsentReply | undefined;
}

/** A change of a record; a pure function, since it may be applied more than once. */
export type Edit = (record: ConversationRecord) => ConversationRecord;

/** The version of the records that are written. */
export const RECORD_VERSION = 3;
/** Channels deliver an activity again within minutes. */
export const MAX_ANSWERED = 48;

/** What a new session holds. */
export const NO_CONTEXT: ContextTokens = Object.freeze({ text: 0, audio: 0 });

export const EMPTY_RECORD: ConversationRecord = Object.freeze({
  version: RECORD_VERSION,
  ...EMPTY_MEMORY,
  settings: {},
  usage: { turns: 0, audioMs: 0, tokens: NO_TOKENS, context: NO_CONTEXT },
  sessionVersion: undefined,
  answered: [],
  unsent: undefined,
});

/** The record with one more activity that is known as answered; see `messageId`. */
export function withAnswered(record: ConversationRecord, messageId: string): ConversationRecord {
  const others = record.answered.filter((each) => each !== messageId);
  const unsent = record.unsent?.messageId === messageId ? undefined : record.unsent;
  return { ...record, answered: [...others, messageId].slice(-MAX_ANSWERED), unsent };
}
