import { type ContextTokens, NO_CONTEXT, NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import { EMPTY_HISTORY, type HistoryState } from './history/history.ts';
import { activityDigest } from './keys.ts';
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

/** A saved reply that is being delivered: an attempt after a crash sends it again instead of asking the model again. */
export interface PendingReply {
  /** The message that it answers; see `activityDigest`. */
  readonly messageId: string;
  readonly reply: Pick<Reply, 'text' | 'addsToShown' | 'isFromModel' | 'sources' | 'approvals'>;
  /** Its audio in the audio store. */
  readonly audioId?: string | undefined;
  /** What the turn has cost, in US dollars; see `settle` of the spending. */
  readonly costUsd?: number;
}

/** What is remembered of a conversation. Fields that a newer version has put there are kept as they are. */
export interface ConversationRecord extends HistoryState {
  readonly version: number;
  readonly settings: ConversationSettings;
  readonly usage: ConversationUsage;
  /**
   * The id of the turn that the warm session ended with. A command or a withdrawal sets another value, so that no
   * session matches. `turnEdit` sets it to the id of its job or the digest of its message, by which it also recognizes
   * that it was applied before.
   */
  readonly sessionVersion: string | undefined;
  /**
   * Digests of the activities that are handled: answered, withdrawn, or their action applied. The newest is last, at
   * most MAX_HANDLED; see `activityDigest`.
   */
  readonly answered: readonly string[];
  /**
   * The reply that is being delivered. There is one at most: queued turns of a conversation run one by one, and the
   * reply of an open request is not kept, since nobody can send it again. Stored records use this name.
   */
  readonly unsent: PendingReply | undefined;
}

/** A change of a record; a pure function, since it may be applied more than once. */
export type Edit = (record: ConversationRecord) => ConversationRecord;

/** The version of the records that are written. */
const RECORD_VERSION = 3;
/** Channels deliver an activity again within minutes. */
export const MAX_HANDLED = 48;

export const EMPTY_RECORD: ConversationRecord = Object.freeze({
  version: RECORD_VERSION,
  ...EMPTY_HISTORY,
  settings: {},
  usage: { turns: 0, audioMs: 0, tokens: NO_TOKENS, context: NO_CONTEXT },
  sessionVersion: undefined,
  answered: [],
  unsent: undefined,
});

/** The record with one more handled activity. */
export function withHandled(record: ConversationRecord, activityId: string): ConversationRecord {
  const id = activityDigest({ activityId });
  const others = record.answered.filter((each) => each !== id);
  const unsent = record.unsent?.messageId === id ? undefined : record.unsent;
  return { ...record, answered: [...others, id].slice(-MAX_HANDLED), unsent };
}

/** Whether an activity was answered or withdrawn, or its action applied. */
export function isHandled({ answered }: ConversationRecord, activityId: string): boolean {
  return answered.includes(activityDigest({ activityId }));
}

/**
 * Reads a record from JSON that the bot has written, in any version: what is missing or of another kind is as in an
 * empty record, and unknown fields are kept, so that a newer version finds them again.
 */
export function readRecord(json: unknown): ConversationRecord {
  const record = filled(EMPTY_RECORD, json) as ConversationRecord;
  return { ...record, version: Math.max(RECORD_VERSION, record.version) };
}

function filled(empty: unknown, found: unknown): unknown {
  if (empty === undefined) return found;
  if (kindOf(found) !== kindOf(empty)) return empty;
  if (kindOf(empty) !== 'object') return found;
  const fields = found as Readonly<Record<string, unknown>>;
  const known = Object.entries(empty as object).map(([name, value]) => [name, filled(value, fields[name])]);
  return { ...fields, ...Object.fromEntries(known) };
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
}
