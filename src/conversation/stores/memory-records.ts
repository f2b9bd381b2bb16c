import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { StoreError } from '../../errors.ts';
import type { PastTurn } from '../history/history.ts';
import type { RecordStore, StoredRecord } from '../record-store.ts';
import { type ConversationRecord, EMPTY_RECORD } from '../records.ts';

/** The bounds of the records in memory. */
export interface MemoryRecordsOptions {
  readonly clock: Clock;
  /** A conversation without a turn for so long is forgotten. */
  readonly retentionMs: number;
  /** Room for all conversations together, in bytes (estimated); the least recently used are forgotten first. */
  readonly maxBytes?: number;
}

interface Kept {
  readonly stored: StoredRecord;
  readonly writtenAtMs: number;
}

const DEFAULT_MAX_BYTES = 128 * 1024 * 1024;
const BYTES_PER_RECORD = 512;
const BYTES_PER_TURN = 128;
const BYTES_PER_TEXT = 32;

/**
 * Records in the memory of this process: bounded, and gone when it ends. A record that was pushed out may be written
 * again with the tag that it had: no running turn fails for want of room.
 */
export function createMemoryRecords(options: MemoryRecordsOptions): RecordStore {
  const { clock, retentionMs, maxBytes = DEFAULT_MAX_BYTES } = options;
  const records = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ stored }) => estimateBytes(stored.record),
  });
  let writes = 0;

  function find(key: string): StoredRecord | undefined {
    const found = records.get(key);
    if (found === undefined) return undefined;
    if (clock.now() - found.writtenAtMs < retentionMs) return found.stored;
    records.delete(key);
    return undefined;
  }

  function check(found: StoredRecord | undefined, tag: string | undefined): void {
    if (found === undefined || found.tag === tag) return;
    throw new StoreError('store_conflict', 'the record was written meanwhile');
  }

  return {
    async read(key, known) {
      const found = find(key);
      if (found === undefined) return { record: EMPTY_RECORD, tag: undefined };
      return known !== undefined && known.tag === found.tag ? known : found;
    },
    async write(key, record, tag) {
      check(find(key), tag);
      const stored = { record, tag: String(++writes) };
      records.set(key, { stored, writtenAtMs: clock.now() });
      return stored;
    },
    async delete(key, tag) {
      check(find(key), tag);
      records.delete(key);
    },
  };
}

function estimateBytes({ history, answered, unsent }: ConversationRecord): number {
  const charsOf = ({ user, assistant = '', name = '', activityId = '' }: PastTurn) =>
    user.length + assistant.length + name.length + activityId.length;
  const ofHistory = history.reduce((sum, turn) => sum + BYTES_PER_TURN + 2 * charsOf(turn), 0);
  const ofAnswered = answered.reduce((sum, id) => sum + BYTES_PER_TEXT + 2 * id.length, 0);
  return BYTES_PER_RECORD + ofHistory + ofAnswered + 2 * (unsent?.reply.text.length ?? 0);
}
