import type { AudioStore } from './audio/audio-store.ts';
import { createAzureBlobAudioStore } from './audio/azure-blob-audio-store.ts';
import { createMemoryAudioStore } from './audio/memory-audio-store.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import type { ConversationStore } from './conversation/conversation-store.ts';
import { MemorySpending } from './conversation/limits/memory-spending.ts';
import type { SpendingStore } from './conversation/limits/spending-store.ts';
import { MemoryRecords } from './conversation/memory-records.ts';
import { MemoryStore } from './conversation/memory-store.ts';
import { MemoryQueue } from './conversation/queue/memory-queue.ts';
import type { TurnQueue } from './conversation/queue/turn-queue.ts';
import type { Invitations } from './conversation/recordings/invitations.ts';
import { createMemoryInvitations } from './conversation/recordings/memory-invitations.ts';
import type { Ids } from './ids.ts';
import type { Logger } from './log.ts';
import { accountOf } from './storage/azure-account.ts';
import { openStorage } from './storage/storage.ts';

/** All that outlives a turn. */
export interface Stores {
  readonly queue: TurnQueue;
  readonly conversations: ConversationStore;
  readonly invitations: Invitations;
  readonly spending: SpendingStore;
  readonly audioStore: AudioStore;
  start(): void;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** What the stores need. */
export interface StoresOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly tokens: (scope: string) => () => Promise<string>;
}

/** Opens the stores that the configuration names; nothing is sent before `start`. */
export function openStores(options: StoresOptions): Stores {
  const audio = openAudioStore(options);
  const { queue, conversations, invitations, spending } = memoryEngine(options);
  return {
    queue,
    conversations,
    invitations,
    spending,
    audioStore: audio.store,
    start: audio.start,
    close: async () => audio.close(),
  };
}

/** Everything of the engine ends with the process. */
function memoryEngine({ config, clock, ids }: StoresOptions) {
  const records = new MemoryRecords({ clock, retentionMs: config.recordRetentionMs });
  const queue = new MemoryQueue({ records, clock, ids });
  const invitations = createMemoryInvitations({ clock, ids });
  const conversations = new MemoryStore({ records, queue, invitations });
  return { queue, conversations, invitations, spending: new MemorySpending(clock) };
}

function openAudioStore({ config, clock, ids, log, tokens }: StoresOptions) {
  const { audioMemoryBytes: maxBytes, audioRetentionMs: retentionMs, storage: settings } = config;
  const account = accountOf(settings, tokens);
  if (account === undefined)
    return { store: createMemoryAudioStore({ maxBytes, retentionMs, clock, ids }), start: () => {}, close: () => {} };
  const storage = openStorage({ account, clock, log });
  return {
    store: createAzureBlobAudioStore({ blobs: storage.audio, retentionMs, clock, ids, log }),
    start: () => storage.start(),
    close: () => storage.close(),
  };
}
