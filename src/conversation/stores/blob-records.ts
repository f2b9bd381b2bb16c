import type { Clock } from '../../clock.ts';
import type { Logger } from '../../log.ts';
import type { Blob, Blobs } from '../../storage/blobs.ts';
import { FOLDERS } from '../../storage/storage.ts';
import { createTaggedWrites } from '../../storage/tagged-write.ts';
import { conversationId } from '../keys.ts';
import type { RecordStore, StoredRecord } from '../record-store.ts';
import { EMPTY_RECORD } from '../records.ts';
import { readRecord, writeRecord } from './record-json.ts';

/** What records in blobs need. */
export interface BlobRecordsOptions {
  /** The container of the state. */
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly log: Logger;
  /** A record that nobody has written for so long is read as an empty one. */
  readonly retentionMs: number;
}

const JSON_TYPE = 'application/json';

/**
 * Records that all instances share: `conversations/<conversation id>.json`. One that cannot be read is logged, copied
 * to `unreadable/`, and then read as an empty one, over which the next write goes: else its conversation would be dead.
 */
export function createBlobRecords({ blobs, clock, log, retentionMs }: BlobRecordsOptions): RecordStore {
  const write = createTaggedWrites(blobs);
  /** What is read again as unchanged does not tell its age. */
  const writtenAt = new WeakMap<StoredRecord, number>();
  const isExpired = (writtenAtMs: number) => clock.now() - writtenAtMs >= retentionMs;

  function keep(stored: StoredRecord, writtenAtMs: number): StoredRecord {
    writtenAt.set(stored, writtenAtMs);
    return stored;
  }

  async function putAside({ name, body, tag }: Blob): Promise<void> {
    log.error({ blob: name, code: 'store_unreadable' }, 'a stored conversation cannot be read; it begins anew');
    // By its version: what is copied twice is the same, and no copy goes over another.
    await blobs.write(`${FOLDERS.unreadable}${name}.${tag}`, body, { contentType: JSON_TYPE });
  }

  return {
    async read(key, known) {
      const blob = await blobs.read(nameOf(key), known?.tag);
      if (blob === undefined) return { record: EMPTY_RECORD, tag: undefined };
      if (blob === 'unchanged') {
        if (known !== undefined && !isExpired(writtenAt.get(known) ?? clock.now())) return known;
        return { record: EMPTY_RECORD, tag: known?.tag };
      }
      const { tag, writtenAtMs } = blob;
      if (isExpired(writtenAtMs)) return { record: EMPTY_RECORD, tag };
      const record = readRecord(blob.body);
      if (record === undefined) await putAside(blob);
      return keep({ record: record ?? EMPTY_RECORD, tag }, writtenAtMs);
    },
    async write(key, record, tag) {
      const body = writeRecord(key, record);
      return keep(
        { record, tag: await write({ name: nameOf(key), body, over: tag, contentType: JSON_TYPE }) },
        clock.now(),
      );
    },
    async delete(key, tag) {
      // Without a tag there was nothing when it was read, and what has come since is not to be deleted.
      if (tag === undefined) return;
      await blobs.delete(nameOf(key), tag);
      // Copies of what could not be read: it may be what people said.
      for await (const { name } of blobs.list(`${FOLDERS.unreadable}${nameOf(key)}`)) await blobs.delete(name);
    },
  };
}

function nameOf(key: string): string {
  return `${FOLDERS.conversations}${conversationId(key)}.json`;
}
