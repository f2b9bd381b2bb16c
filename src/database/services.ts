import type { Ids } from '../ids.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import type { JobQueue } from './job-queue.ts';
import type { KeyChain } from './key-chain.ts';

export interface DatabaseOptions extends ConnectionOptions {
  readonly ids: Ids;
  /** Returns a number from 0 up to 1, like Math.random. */
  readonly random: () => number;
  /** The retention of conversations after their last message, and of messages that could not be answered. */
  readonly recordRetentionMs: number;
  /** The retention of the audit of tool calls. */
  readonly auditRetentionMs: number;
  readonly audioRetentionMs: number;
  /** Limits all stored audio together: a full disk would turn the server read-only. */
  readonly audioStoreBytes: number;
}

/** The dependencies of all database modules. */
export interface DatabaseServices extends DatabaseOptions {
  readonly connection: Connection;
  readonly jobs: JobQueue;
  /** Orders the writes of a conversation: its messages, and the actions between them. */
  readonly chain: KeyChain;
  /** The name of this instance in notifications. */
  readonly instance: string;
}
