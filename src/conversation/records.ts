import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { ContextTokens } from '../realtime/turn-result.ts';
import { NO_TOKENS, type TokenUsage } from '../token-usage.ts';
import { EMPTY_MEMORY, type Memory, type PastTurn } from './history.ts';

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

/** What is remembered of a conversation. */
export interface ConversationRecord extends Memory {
  readonly version: 1;
  readonly settings: ConversationSettings;
  readonly usage: ConversationUsage;
}

export const EMPTY_RECORD: ConversationRecord = Object.freeze({
  version: 1,
  ...EMPTY_MEMORY,
  settings: {},
  usage: { turns: 0, audioMs: 0, tokens: NO_TOKENS, context: { text: 0, audio: 0 } },
});

/** Where conversations are remembered. */
export interface RecordStore {
  read(key: string): Promise<ConversationRecord>;
  write(key: string, record: ConversationRecord): Promise<void>;
  delete(key: string): Promise<void>;
}

/** The bounds of the records in memory. */
export interface MemoryRecordsOptions {
  readonly clock: Clock;
  /** A conversation without a turn for so long is forgotten. */
  readonly retentionMs: number;
  /** Room for all conversations together, in bytes (estimated); the least recently used are forgotten first. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 128 * 1024 * 1024;
const BYTES_PER_RECORD = 512;
const BYTES_PER_TURN = 128;

/** Records in the memory of this process: bounded, and gone when it ends. */
export function createMemoryRecords(options: MemoryRecordsOptions): RecordStore {
  const { clock, retentionMs, maxBytes = DEFAULT_MAX_BYTES } = options;
  const records = new LRUCache<string, { record: ConversationRecord; writtenAtMs: number }>({
    maxSize: maxBytes,
    sizeCalculation: ({ record }) => estimateBytes(record),
  });
  const isExpired = (writtenAtMs: number) => clock.now() - writtenAtMs >= retentionMs;
  return {
    async read(key) {
      const found = records.get(key);
      if (found === undefined) return EMPTY_RECORD;
      if (!isExpired(found.writtenAtMs)) return found.record;
      records.delete(key);
      return EMPTY_RECORD;
    },
    async write(key, record) {
      records.set(key, { record, writtenAtMs: clock.now() });
    },
    async delete(key) {
      records.delete(key);
    },
  };
}

function estimateBytes({ history }: ConversationRecord): number {
  const charsOf = ({ user, assistant = '', name = '', activityId = '' }: PastTurn) =>
    user.length + assistant.length + name.length + activityId.length;
  return history.reduce((sum, turn) => sum + BYTES_PER_TURN + 2 * charsOf(turn), BYTES_PER_RECORD);
}
