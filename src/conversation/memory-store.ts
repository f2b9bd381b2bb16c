import { TurnError } from '../errors.ts';
import type { ConversationAction, ConversationStore } from './conversation-store.ts';
import type { MemoryRecords } from './memory-records.ts';
import type { MemoryQueue } from './queue/memory-queue.ts';
import { isKnown, recordAfter } from './record-after.ts';
import type { RecordingLinks } from './recordings/recording-links.ts';

/** What the memory store needs. */
export interface MemoryStoreOptions {
  readonly records: MemoryRecords;
  /** Its messages are cancelled, and its turns stopped. */
  readonly queue: MemoryQueue;
  readonly recordingLinks: RecordingLinks;
}

/** Conversations in the memory of this process. */
export class MemoryStore implements ConversationStore {
  readonly #options: MemoryStoreOptions;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
  }

  async read(key: string) {
    return this.#options.records.read(key);
  }

  async create(key: string): Promise<boolean> {
    const { records } = this.#options;
    if (records.has(key)) return false;
    // Of a forgotten conversation the ids of answered activities are left.
    records.open(key);
    return true;
  }

  async apply(key: string, activityId: string | undefined, action: ConversationAction): Promise<boolean> {
    const { records } = this.#options;
    const record = records.read(key);
    if (activityId !== undefined && isKnown(record, activityId)) return false;
    const after = recordAfter(record, activityId, action);
    if (action.kind === 'forget') records.forget(key, after);
    else records.write(key, after);
    await this.#act(key, action);
    return true;
  }

  async keysOfTeam(team: string) {
    return this.#options.records.keysOf(team);
  }

  /** Does to the messages of a conversation what an action does to its record. */
  async #act(key: string, action: ConversationAction): Promise<void> {
    const { queue, recordingLinks } = this.#options;
    switch (action.kind) {
      case 'note':
      case 'edit':
        return;
      case 'reset':
        return queue.running(key)?.makeObsolete();
      case 'stop':
        return this.#stop(key);
      case 'leave':
        return queue.cancelWaiting(key, ({ isInBand }) => !isInBand);
      case 'forget':
        this.#stop(key);
        queue.running(key)?.makeObsolete();
        return recordingLinks.forget(key);
      case 'withdraw':
        return queue.cancelWaiting(key, ({ activityId }) => activityId === action.activityId);
    }
  }

  #stop(key: string): void {
    const { queue } = this.#options;
    queue.cancelWaiting(key);
    queue.running(key)?.abort(new TurnError('cancelled', 'the user stopped the turn'));
  }
}
