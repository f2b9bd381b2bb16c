import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { TurnError } from '../errors.ts';
import type { Ids } from '../ids.ts';
import { MemoryApprovals } from './approvals/memory-approvals.ts';
import type { ConversationAction, ConversationStore } from './conversation-store.ts';
import { messageId } from './keys.ts';
import { type LocalJob, LocalQueue } from './queue/local-queue.ts';
import type { SaveResult, TurnStart } from './queue/turn-queue.ts';
import { isKnown, recordAfter } from './record-after.ts';
import { createMemoryRecordingLinks } from './recordings/memory-recording-links.ts';
import type { RecordingLinks } from './recordings/recording-links.ts';
import { type ConversationRecord, type Edit, EMPTY_RECORD, withAnswered } from './records.ts';
import type { UserMessage } from './user-message.ts';

export interface MemoryEngineOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  /** A record that was not written for this long is empty again. */
  readonly recordRetentionMs: number;
}

/** Conversations and their queue in the memory of this process. They end with it. */
export function createMemoryEngine({ clock, ids, recordRetentionMs }: MemoryEngineOptions) {
  const records = new MemoryRecords(clock, recordRetentionMs);
  const queue = new LocalQueue((message) => new MemoryJob(message, ids.secret(), clock.now(), records), clock);
  const recordingLinks = createMemoryRecordingLinks(clock, ids);
  const approvals = new MemoryApprovals(clock);
  const conversations = new MemoryConversations(records, queue, recordingLinks, approvals);
  return { queue, conversations, recordingLinks, approvals };
}

interface Entry {
  readonly record: ConversationRecord;
  readonly team: string | undefined;
  /** What is left of it recognises activities that are delivered again. */
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
      ttl: retentionMs,
      ttlResolution: 0,
      perf: { now: () => clock.now() },
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

class MemoryJob implements LocalJob {
  readonly id: string;
  readonly message: UserMessage;
  readonly acceptedAtMs: number;
  readonly isTransferable = false;
  readonly isRetry = false;
  readonly #records: MemoryRecords;
  readonly #stop = new AbortController();
  readonly signal = this.#stop.signal;
  #isObsolete = false;

  constructor(message: UserMessage, id: string, acceptedAtMs: number, records: MemoryRecords) {
    this.id = id;
    this.message = message;
    this.acceptedAtMs = acceptedAtMs;
    this.#records = records;
  }

  abort(reason: TurnError): void {
    this.#stop.abort(reason);
  }

  /** The conversation was reset or forgotten: this turn writes nothing more. */
  makeObsolete(): void {
    this.#isObsolete = true;
  }

  async begin(): Promise<TurnStart> {
    const { key, team } = this.message;
    if (this.signal.aborted && this.signal.reason.code === 'cancelled') return { kind: 'stopped' };
    const before = this.#records.find(key);
    this.#records.change(key, { isForgotten: false, team: team ?? before.team });
    return { kind: 'begun', record: before.record, attempt: 1, streamId: undefined };
  }

  async save(edit: Edit): Promise<SaveResult> {
    if (this.#isObsolete) return 'obsolete';
    this.#edit(edit);
    return 'saved';
  }

  async complete(): Promise<boolean> {
    this.#edit((record) => withAnswered(record, messageId(this.message)));
    return true;
  }

  /** There is no place where an operator would find it. */
  async deadLetter(): Promise<boolean> {
    return this.complete();
  }

  /** Nobody else can answer it: see `isTransferable`. */
  async release(): Promise<void> {}

  /** No other attempt follows. */
  saveStreamId(): void {}

  #edit(edit: Edit): void {
    const { key } = this.message;
    this.#records.change(key, { record: edit(this.#records.find(key).record) });
  }
}

class MemoryConversations implements ConversationStore {
  readonly #records: MemoryRecords;
  readonly #queue: LocalQueue<MemoryJob>;
  readonly #recordingLinks: RecordingLinks;
  readonly #approvals: MemoryApprovals;

  constructor(
    records: MemoryRecords,
    queue: LocalQueue<MemoryJob>,
    recordingLinks: RecordingLinks,
    approvals: MemoryApprovals,
  ) {
    this.#records = records;
    this.#approvals = approvals;
    this.#queue = queue;
    this.#recordingLinks = recordingLinks;
  }

  async read(key: string): Promise<ConversationRecord> {
    return this.#records.find(key).record;
  }

  async create(key: string): Promise<boolean> {
    if (this.#records.has(key)) return false;
    this.#records.change(key, { isForgotten: false });
    return true;
  }

  async apply(key: string, activityId: string | undefined, action: ConversationAction): Promise<boolean> {
    const { record } = this.#records.find(key);
    if (activityId !== undefined && isKnown(record, activityId)) return false;
    const forgotten = action.kind === 'forget' ? { team: undefined, isForgotten: true } : {};
    this.#records.change(key, { record: recordAfter(record, activityId, action), ...forgotten });
    await this.#act(key, action);
    return true;
  }

  async keysOfTeam(team: string): Promise<readonly string[]> {
    return this.#records.keysOf(team);
  }

  /** Does to the messages of a conversation what an action does to its record. */
  async #act(key: string, action: ConversationAction): Promise<void> {
    const queue = this.#queue;
    switch (action.kind) {
      case 'markHandled':
      case 'edit':
        return;
      case 'reset':
        queue.running(key)?.makeObsolete();
        return this.#approvals.withdraw(key);
      case 'stop':
        this.#approvals.reopenAll(key);
        return queue.stop(key);
      case 'leave':
        return queue.cancelWaiting(key, ({ isInBand }) => !isInBand);
      case 'forget':
        queue.stop(key);
        queue.running(key)?.makeObsolete();
        await this.#approvals.forget(key);
        return this.#recordingLinks.forget(key);
      case 'withdraw':
        return queue.cancelWaiting(key, ({ activityId }) => activityId === action.activityId);
    }
  }
}
