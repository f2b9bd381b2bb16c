import type { Config } from '../config/config.ts';
import type { ToolsSettings } from '../config/tools-settings.ts';
import type { Ids } from '../ids.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import type { JobQueue } from './job-queue.ts';
import type { KeyedMutex } from './keyed-mutex.ts';

/** How long rows are kept, and how many bytes of audio. */
type Bounds = Pick<Config, 'recordRetentionMs' | 'audioRetentionMs' | 'audioStoreBytes'> &
  Pick<ToolsSettings, 'auditRetentionMs'>;

export interface DatabaseOptions extends ConnectionOptions, Bounds {
  readonly ids: Ids;
  /** From 0 to 1, as Math.random. */
  readonly random: () => number;
}

/** The dependencies of all database modules. */
export interface DatabaseServices extends DatabaseOptions {
  readonly connection: Connection;
  readonly jobs: JobQueue;
  /** Orders the writes of a conversation: its messages, and the actions between them. */
  readonly conversationLock: KeyedMutex;
  /** The name of this instance in notifications. */
  readonly instance: string;
}
