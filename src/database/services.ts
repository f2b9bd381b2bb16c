import type { Ids } from '../ids.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import type { JobQueue } from './job-queue.ts';
import type { KeyChain } from './key-chain.ts';

/** What the database needs. */
export interface DatabaseOptions extends ConnectionOptions {
  readonly ids: Ids;
  /** How long conversations are kept after their last message, and messages that could not be answered. */
  readonly recordRetentionMs: number;
  /** Of what tools have done. */
  readonly auditRetentionMs: number;
  readonly audioRetentionMs: number;
  /** Bound of all stored audio together: a full disk would turn the server read-only. */
  readonly audioStoreBytes: number;
}

/** What everything in the database shares. */
export interface DatabaseServices extends DatabaseOptions {
  readonly connection: Connection;
  readonly jobs: JobQueue;
  /** Orders what is stored of a conversation: its messages, and the actions between them. */
  readonly chain: KeyChain;
  /** Names this instance. */
  readonly instance: string;
}
