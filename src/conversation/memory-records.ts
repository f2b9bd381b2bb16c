import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { PastTurn } from './history/history.ts';
import { type ConversationRecord, EMPTY_RECORD } from './records.ts';

/** The bounds of the records in memory. */
export interface MemoryRecordsOptions {
  readonly clock: Clock;
  /** A record that was not written for so long is empty again. */
  readonly retentionMs: number;
  /** Room for all records together, in bytes (estimated). The least recently used leave first. Default: 128 MiB. */
  readonly maxBytes?: number;
}

interface Entry {
  readonly record: ConversationRecord;
  readonly team: string | undefined;
  readonly writtenAtMs: number;
  /** What is left of it recognises activities that are delivered again. */
  readonly isForgotten: boolean;
}

const DEFAULT_MAX_BYTES = 128 * 1024 * 1024;
const BYTES_PER_RECORD = 512;
const BYTES_PER_TURN = 128;
const BYTES_PER_TEXT = 32;

/** The records that the memory queue and the memory store share. They end with the process. */
export class MemoryRecords {
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #entries: LRUCache<string, Entry>;

  constructor({ clock, retentionMs, maxBytes = DEFAULT_MAX_BYTES }: MemoryRecordsOptions) {
    this.#clock = clock;
    this.#retentionMs = retentionMs;
    this.#entries = new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ record }) => estimateBytes(record) });
  }

  /** Whether there is a record that was not forgotten. */
  has(key: string): boolean {
    return this.#find(key)?.isForgotten === false;
  }

  /** The record; an empty one where there is none. */
  read(key: string): ConversationRecord {
    return this.#find(key)?.record ?? EMPTY_RECORD;
  }

  /** What was forgotten stays so. */
  write(key: string, record: ConversationRecord): void {
    this.#set(key, { record });
  }

  /** A conversation begins, or goes on. `team`: see `team` of a message; `undefined` leaves it as it is. */
  open(key: string, team = this.#find(key)?.team): ConversationRecord {
    return this.#set(key, { team, isForgotten: false }).record;
  }

  /** `record`: what is left of it. */
  forget(key: string, record: ConversationRecord): void {
    this.#set(key, { record, team: undefined, isForgotten: true });
  }

  keysOf(team: string): readonly string[] {
    return [...this.#entries.entries()].filter(([, entry]) => entry.team === team).map(([key]) => key);
  }

  #set(key: string, changes: Partial<Entry>): Entry {
    const before = this.#find(key) ?? { record: EMPTY_RECORD, team: undefined, isForgotten: false };
    const entry = { ...before, ...changes, writtenAtMs: this.#clock.now() };
    this.#entries.set(key, entry);
    return entry;
  }

  #find(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#clock.now() - entry.writtenAtMs < this.#retentionMs) return entry;
    this.#entries.delete(key);
    return undefined;
  }
}

function estimateBytes({ history, answered, unsent }: ConversationRecord): number {
  const charsOf = ({ user, assistant = '', name = '', activityId = '' }: PastTurn) =>
    user.length + assistant.length + name.length + activityId.length;
  const ofHistory = history.reduce((sum, turn) => sum + BYTES_PER_TURN + 2 * charsOf(turn), 0);
  const ofAnswered = answered.reduce((sum, id) => sum + BYTES_PER_TEXT + 2 * id.length, 0);
  return BYTES_PER_RECORD + ofHistory + ofAnswered + 2 * (unsent?.reply.text.length ?? 0);
}
