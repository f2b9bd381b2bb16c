import type { AudioStore } from './audio/audio-store.ts';
import { createAzureBlobAudioStore } from './audio/azure-blob-audio-store.ts';
import { createMemoryAudioStore } from './audio/memory-audio-store.ts';
import type { Config } from './config/config.ts';
import type { ApprovalStore } from './conversation/approvals/approval.ts';
import type { ConversationStore } from './conversation/conversation-store.ts';
import { createMemorySpending } from './conversation/limits/memory-spending.ts';
import type { SpendingStore } from './conversation/limits/spending-store.ts';
import { createMemoryStores } from './conversation/memory-stores.ts';
import type { TurnQueue } from './conversation/queue/turn-queue.ts';
import type { RecordingLinks } from './conversation/recordings/recording-links.ts';
import type { openDatabase } from './database/database.ts';
import type { DatabaseOptions } from './database/services.ts';
import { openAudioContainer } from './storage/azure-account.ts';
import { AzureBlobs } from './storage/azure-blobs.ts';
import type { AuditStore } from './tools/audit.ts';
import { createMemoryAudit } from './tools/memory-audit.ts';

/** The stores of everything that outlives a turn. */
export interface Stores {
  readonly queue: TurnQueue;
  readonly conversationStore: ConversationStore;
  readonly recordingLinks: RecordingLinks;
  readonly spendingStore: SpendingStore;
  readonly audioStore: AudioStore;
  readonly audit: AuditStore;
  readonly approvalStore: ApprovalStore;
  start(): void;
  /** Safe to call twice. */
  close(): Promise<void>;
}

interface StoresOptions extends Pick<DatabaseOptions, 'clock' | 'ids' | 'random' | 'log' | 'tokens'> {
  readonly config: Config;
  /** Opens the database of the configuration: see `loadDatabase`. */
  readonly openDatabase: OpenDatabase | undefined;
}

export type OpenDatabase = typeof openDatabase;

/** Loads the libraries only for a bot with a database: they take 25 MB and a quarter of a second. */
export async function loadDatabase({ database }: Config): Promise<OpenDatabase | undefined> {
  if (database === undefined) return undefined;
  return (await import('./database/database.ts')).openDatabase;
}

/** Creates the stores of the configuration. They send nothing before `start`. */
export function openStores(options: StoresOptions): Stores {
  const stores = databaseStores(options) ?? memoryStores(options);
  return { ...stores, audioStore: azureAudioStore(options) ?? stores.audioStore };
}

function databaseStores({ config, openDatabase, ...shared }: StoresOptions): Stores | undefined {
  const { database: settings, recordRetentionMs, audioRetentionMs, audioStoreBytes } = config;
  const { auditRetentionMs } = config.tools;
  if (settings === undefined) return undefined;
  if (openDatabase === undefined) throw new Error('loadDatabase was not called');
  return openDatabase({ ...shared, settings, recordRetentionMs, auditRetentionMs, audioRetentionMs, audioStoreBytes });
}

function memoryStores({ config, clock, ids }: StoresOptions): Stores {
  const { audioMemoryBytes: maxBytes, audioRetentionMs: retentionMs, recordRetentionMs } = config;
  return {
    ...createMemoryStores({ clock, ids, recordRetentionMs }),
    spendingStore: createMemorySpending(clock),
    audioStore: createMemoryAudioStore({ maxBytes, retentionMs, clock, ids }),
    audit: createMemoryAudit(),
    start: () => {},
    close: async () => {},
  };
}

function azureAudioStore({ config, clock, ids, log, tokens }: StoresOptions): AudioStore | undefined {
  const { azureStorageBlobUrl: url } = config;
  if (url === undefined) return undefined;
  const blobs = new AzureBlobs({ open: () => openAudioContainer(url, tokens), clock });
  return createAzureBlobAudioStore({ blobs, retentionMs: config.audioRetentionMs, clock, ids, log });
}
