import type { AudioStore } from './audio/audio-store.ts';
import { createBlobLibrary } from './audio/blob-library.ts';
import { createMemoryAudioStore } from './audio/memory-audio-store.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import type { PendingStore } from './conversation/pending-store.ts';
import type { RecordStore } from './conversation/record-store.ts';
import type { Invitations } from './conversation/recordings/invitations.ts';
import { createMemoryInvitations } from './conversation/recordings/memory-invitations.ts';
import type { SharedSpending } from './conversation/shared-spending.ts';
import { createBlobInvitations } from './conversation/stores/blob-invitations.ts';
import { createBlobPending } from './conversation/stores/blob-pending.ts';
import { createBlobRecords } from './conversation/stores/blob-records.ts';
import { createBlobSpending } from './conversation/stores/blob-spending.ts';
import { createMemoryPending } from './conversation/stores/memory-pending.ts';
import { createMemoryRecords } from './conversation/stores/memory-records.ts';
import type { Ids } from './ids.ts';
import type { Logger } from './log.ts';
import { type AzureStorage, accountOf } from './storage/azure-account.ts';
import { Housekeeping } from './storage/housekeeping.ts';
import { openStorage } from './storage/storage.ts';

/** All that is kept between turns. */
export interface Stores {
  readonly records: RecordStore;
  readonly pending: PendingStore;
  readonly audioStore: AudioStore;
  readonly invitations: Invitations;
  /** `undefined`: there are no other instances to count with. */
  readonly spending: SharedSpending | undefined;
  /** Whether other instances use the same. */
  readonly isShared: boolean;
  start(): void;
  /** Safe to call twice. */
  close(): void;
}

/** What the stores need. */
export interface StoresOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly random: () => number;
  readonly tokens: (scope: string) => () => Promise<string>;
  /** Names this process among all that share a storage. */
  readonly instance: string;
}

/** In memory, or in Azure Blob Storage; nothing is sent before `start`. */
export function openStores(options: StoresOptions): Stores {
  const account = accountOf(options.config.storage, options.tokens);
  return account === undefined ? memoryStores(options) : blobStores(account, options);
}

function memoryStores({ config, clock, ids }: StoresOptions): Stores {
  const { audioMemoryBytes: maxBytes, audioRetentionMs, recordRetentionMs } = config;
  return {
    records: createMemoryRecords({ clock, retentionMs: recordRetentionMs }),
    pending: createMemoryPending({ clock }),
    audioStore: createMemoryAudioStore({ maxBytes, retentionMs: audioRetentionMs, clock, ids }),
    invitations: createMemoryInvitations({ clock, ids }),
    spending: undefined,
    isShared: false,
    start: () => {},
    close: () => {},
  };
}

function blobStores(account: AzureStorage, { config, clock, ids, log, random, instance }: StoresOptions): Stores {
  const { audioMemoryBytes: cacheBytes, audioRetentionMs, recordRetentionMs } = config;
  const storage = openStorage({ account, clock, log });
  const { state: blobs, audio } = storage;
  const housekeeping = new Housekeeping({
    state: blobs,
    audio,
    recordRetentionMs,
    audioRetentionMs,
    clock,
    log,
    random,
  });
  return {
    records: createBlobRecords({ blobs, clock, log, retentionMs: recordRetentionMs }),
    pending: createBlobPending({ blobs, clock, log }),
    audioStore: createBlobLibrary({ blobs: audio, cacheBytes, retentionMs: audioRetentionMs, clock, ids, log }),
    invitations: createBlobInvitations({ blobs, clock, ids, log }),
    spending: createBlobSpending({ blobs, instance }),
    isShared: true,
    start() {
      storage.start();
      housekeeping.start();
    },
    close() {
      housekeeping.close();
      storage.close();
    },
  };
}
