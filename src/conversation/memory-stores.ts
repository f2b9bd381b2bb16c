import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import { expiryOptions } from '../lru-options.ts';
import { MemoryApprovals } from './approvals/memory-approvals.ts';
import { type ConversationAction, type ConversationStore, recordAfter } from './conversation-store.ts';
import { type LocalJob, LocalQueue } from './queue/local-queue.ts';
import { createMemoryRecordingLinks } from './recordings/memory-recording-links.ts';
import type { RecordingLinks } from './recordings/recording-links.ts';
import { type ConversationRecord, type Edit, EMPTY_RECORD, isHandled, withHandled } from './records.ts';
import type { UserMessage } from './user-message.ts';

export interface MemoryStoresOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  /** A record that was not written for this long is empty again. */
  readonly recordRetentionMs: number;
}

/** Conversations and their queue in the memory of this process. They end with it. */
export function createMemoryStores({ clock, ids, recordRetentionMs }: MemoryStoresOptions) {
  const records = new MemoryRecords(clock, recordRetentionMs);
  const queue = new LocalQueue((message) => createJob(message, ids.secret(), clock.now(), records), clock);
  const recordingLinks = createMemoryRecordingLinks(clock, ids);
  const approvals = new MemoryApprovals(clock);
  const conversationStore = createConversationStore(records, queue, recordingLinks, approvals);
  return { queue, conversationStore, recordingLinks, approvalStore: approvals };
}

interface Entry {
  readonly record: ConversationRecord;
  readonly team: string | undefined;
  /** True after `forget`: only the ids of handled activities are left. */
  readonly isForgotten: boolean;
}

const NEW_ENTRY: Entry = { record: EMPTY_RECORD, team: undefined, isForgotten: false };

/** The records together hold at most this much, by an estimate. The least recently used leave first. */
const MAX_RECORD_BYTES = 128 * 1024 * 1024;

class MemoryRecords {
  readonly #entries: LRUCache<string, Entry>;

  constructor(clock: Clock, retentionMs: number) {
    this.#entries = new LRUCache({
      maxSize: MAX_RECORD_BYTES,
      sizeCalculation: ({ record }) => 2 * JSON.stringify(record).length,
      ...expiryOptions(retentionMs, clock),
    });
  }

  find(key: string): Entry {
    return this.#entries.get(key) ?? NEW_ENTRY;
  }

  /** Whether the conversation has a record that is not forgotten. */
  has(key: string): boolean {
    return this.#entries.get(key)?.isForgotten === false;
  }

  change(key: string, changes: Partial<Entry>): void {
    this.#entries.set(key, { ...this.find(key), ...changes });
  }

  keysOf(team: string): readonly string[] {
    return [...this.#entries.entries()].filter(([, entry]) => entry.team === team).map(([key]) => key);
  }
}

interface MemoryJob extends LocalJob {
  /** The conversation was reset or forgotten: this turn writes nothing more. */
  makeObsolete(): void;
}

function createJob(message: UserMessage, id: string, acceptedAtMs: number, records: MemoryRecords): MemoryJob {
  const { key, team, activityId } = message;
  const stop = new AbortController();
  const { signal } = stop;
  let isObsolete = false;
  const write = (edit: Edit) => records.change(key, { record: edit(records.find(key).record) });
  const complete = async () => {
    write((record) => withHandled(record, activityId));
    return true;
  };
  return {
    id,
    message,
    acceptedAtMs,
    signal,
    isTransferable: false,
    isRetry: false,
    abort: (reason) => stop.abort(reason),
    makeObsolete() {
      isObsolete = true;
    },
    async begin() {
      if (signal.aborted && signal.reason.code === 'cancelled') return { kind: 'stopped' };
      const before = records.find(key);
      records.change(key, { isForgotten: false, team: team ?? before.team });
      return { kind: 'begun', record: before.record, attempt: 1, streamId: undefined };
    },
    async save(edit) {
      if (isObsolete) return 'obsolete';
      write(edit);
      return 'saved';
    },
    complete,
    /** There is no place where an operator would find it. */
    deadLetter: complete,
    /** Nobody else can answer it: see `isTransferable`. */
    async release() {},
    /** No other attempt follows. */
    saveStreamId() {},
  };
}

function createConversationStore(
  records: MemoryRecords,
  queue: LocalQueue<MemoryJob>,
  recordingLinks: RecordingLinks,
  approvals: MemoryApprovals,
): ConversationStore {
  const cancel = (key: string, matches: (message: UserMessage) => boolean): number => {
    const { count, approvalIds } = queue.cancelWaiting(key, matches);
    for (const id of approvalIds) void approvals.reopen(id);
    return count;
  };
  /** Does to the messages of a conversation what an action does to its record. Returns how many it cancelled. */
  const act = (key: string, action: ConversationAction): number => {
    switch (action.kind) {
      case 'markHandled':
      case 'edit':
        return 0;
      case 'reset':
        queue.running(key)?.makeObsolete();
        approvals.withdraw(key);
        return 0;
      case 'stop':
        approvals.reopenAll(key);
        return queue.stop(key).count;
      case 'leave':
        return cancel(key, ({ expectsReplies }) => !expectsReplies);
      case 'forget':
        queue.running(key)?.makeObsolete();
        approvals.forget(key);
        recordingLinks.forget(key);
        return queue.stop(key).count;
      case 'withdraw':
        return cancel(key, ({ activityId }) => activityId === action.activityId);
    }
  };
  return {
    read: async (key) => records.find(key).record,
    async create(key) {
      if (records.has(key)) return false;
      records.change(key, { isForgotten: false });
      return true;
    },
    async apply(key, action, activityId) {
      const { record } = records.find(key);
      if (activityId !== undefined && isHandled(record, activityId)) return undefined;
      const forgotten = action.kind === 'forget' ? { team: undefined, isForgotten: true } : {};
      records.change(key, { record: recordAfter(record, action, activityId), ...forgotten });
      return { cancelledCount: act(key, action) };
    },
    keysOfTeam: async (team) => records.keysOf(team),
  };
}
