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
import { createMemoryRecordingLinks } from './conversation/recordings/memory-recording-links.ts';
import type { RecordingLinks } from './conversation/recordings/recording-links.ts';
import type { Database } from './database/database.ts';
import type { DatabaseOptions } from './database/services.ts';
import type { Ids } from './ids.ts';
import type { Logger } from './log.ts';
import { AUDIO_CONTAINER, accountOf, openContainer } from './storage/azure-account.ts';
import { AzureBlobs } from './storage/azure-blobs.ts';

/** All that outlives a turn. */
export interface Stores {
  readonly queue: TurnQueue;
  readonly conversations: ConversationStore;
  readonly recordingLinks: RecordingLinks;
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
  /** Opens the database of the configuration: see `loadDatabase`. */
  readonly openDatabase: OpenDatabase | undefined;
}

export type OpenDatabase = (options: DatabaseOptions) => Database;

/** Loads what a database needs: 25 MB and a quarter of a second, which a bot without one goes without. */
export async function loadDatabase({ database }: Config): Promise<OpenDatabase | undefined> {
  if (database === undefined) return undefined;
  const { openDatabase } = await import('./database/database.ts');
  return openDatabase;
}

/** Opens the stores that the configuration names; nothing is sent before `start`. */
export function openStores(options: StoresOptions): Stores {
  const engine = databaseEngine(options) ?? memoryEngine(options);
  return { ...engine, audioStore: azureAudioStore(options) ?? engine.audioStore };
}

/** Everything of the engine ends with the process. */
function memoryEngine({ config, clock, ids }: StoresOptions): Stores {
  const { audioMemoryBytes: maxBytes, audioRetentionMs, recordRetentionMs } = config;
  const records = new MemoryRecords({ clock, retentionMs: recordRetentionMs });
  const queue = new MemoryQueue({ records, clock, ids });
  const recordingLinks = createMemoryRecordingLinks({ clock, ids });
  return {
    queue,
    conversations: new MemoryStore({ records, queue, recordingLinks }),
    recordingLinks,
    spending: new MemorySpending(clock),
    audioStore: createMemoryAudioStore({ maxBytes, retentionMs: audioRetentionMs, clock, ids }),
    start: () => {},
    close: async () => {},
  };
}

function databaseEngine({ config, clock, ids, log, tokens, openDatabase }: StoresOptions): Stores | undefined {
  const { database: settings, recordRetentionMs, audioRetentionMs, audioStoreBytes } = config;
  if (settings === undefined || openDatabase === undefined) return undefined;
  const retention = { recordRetentionMs, audioRetentionMs, audioStoreBytes };
  const database = openDatabase({ settings, tokens, clock, ids, log, ...retention });
  const { queue, conversations, recordingLinks, spending, audioStore } = database;
  return {
    ...{ queue, conversations, recordingLinks, spending, audioStore },
    start: () => database.start(),
    close: () => database.close(),
  };
}

function azureAudioStore({ config, clock, ids, log, tokens }: StoresOptions): AudioStore | undefined {
  const account = accountOf(config.azureStorageBlobUrl, tokens);
  if (account === undefined) return undefined;
  const blobs = new AzureBlobs({ open: () => openContainer(account, AUDIO_CONTAINER), clock });
  return createAzureBlobAudioStore({ blobs, retentionMs: config.audioRetentionMs, clock, ids, log });
}
