import type { ConversationRecord } from './records.ts';

/** A conversation's record with the version that it has in its store. */
export interface StoredRecord {
  readonly record: ConversationRecord;
  /** Changes with every write; `undefined`: nothing is stored yet. */
  readonly tag: string | undefined;
}

/**
 * Where conversations are remembered. Rejects with a StoreError: `store_conflict` when somebody else has written since
 * (nothing is ever written over unseen), else as in storage/blobs.ts.
 */
export interface RecordStore {
  /** The record, an empty one without a tag where there is none or it is too old. `known` is given back if still current. */
  read(key: string, known?: StoredRecord): Promise<StoredRecord>;
  /** Over this very version. Safe to call again after a failure that leaves open whether it was written. */
  write(key: string, record: ConversationRecord, tag: string | undefined): Promise<StoredRecord>;
  /** Only this very version; nothing where there is none. */
  delete(key: string, tag: string | undefined): Promise<void>;
}
