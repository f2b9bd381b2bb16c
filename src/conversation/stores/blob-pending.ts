import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { atMost } from '../../at-most.ts';
import type { Clock } from '../../clock.ts';
import { StoreError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Blob, BlobFacts, Blobs } from '../../storage/blobs.ts';
import { FOLDERS } from '../../storage/storage.ts';
import { createTaggedWrites, isConflict } from '../../storage/tagged-write.ts';
import { conversationId, messageId } from '../names.ts';
import type { MessageName, PendingEntry, PendingStore } from '../pending-store.ts';
import { readPending, writePending } from './pending-json.ts';

/** What accepted messages in blobs need. */
export interface BlobPendingOptions {
  /** The container of the state. */
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Writes of which nobody knows whether they were done, and which may come again. */
const MOST_UNSURE = 10_000;
const JSON_TYPE = 'application/json';

/**
 * Accepted messages that all instances share: `pending/<conversation id>/<message id>`, with what a look at them has
 * to tell in the metadata. A finished one is an empty blob, until housekeeping removes it.
 */
export function createBlobPending({ blobs, clock, log }: BlobPendingOptions): PendingStore {
  const rewrite = createTaggedWrites(blobs);
  /** The stamps of those writes, by name. Only they are known again as ours: any other is a message that comes twice. */
  const unsure = new LRUCache<string, string>(atMost(MOST_UNSURE));

  async function putAside({ name, body, metadata, tag }: Blob, why: string): Promise<void> {
    const aside = `${FOLDERS.failed}${name.slice(FOLDERS.pending.length)}`;
    log.error({ blob: aside, tries: metadata['tries'] }, why);
    await blobs.write(aside, body, { metadata, contentType: JSON_TYPE });
    await blobs.delete(name, tag);
  }

  async function find(name: string): Promise<Blob | undefined> {
    const blob = await blobs.read(name);
    return blob === undefined || blob === 'unchanged' || isDone(blob) ? undefined : blob;
  }

  async function markDone(name: string): Promise<void> {
    await blobs.write(name, Buffer.alloc(0), { metadata: { done: '1' } });
  }

  return {
    isShared: true,
    async add(turn) {
      const name = nameOf(turn);
      const stamp = unsure.get(name) ?? randomUUID();
      const acceptedAtMs = clock.now();
      const metadata = { accepted: String(acceptedAtMs), tries: '1', stamp };
      const body = writePending({ turn, acceptedAtMs });
      try {
        await blobs.write(name, body, { condition: { over: 'nothing' }, metadata, contentType: JSON_TYPE });
      } catch (error) {
        if (error instanceof StoreError && error.code === 'store_unavailable') unsure.set(name, stamp);
        if (!isConflict(error)) throw error;
        const isOurs = unsure.has(name) && (await blobs.describe(name))?.metadata['stamp'] === stamp;
        unsure.delete(name);
        return isOurs;
      }
      unsure.delete(name);
      return true;
    },
    async has(message) {
      const facts = await blobs.describe(nameOf(message));
      return facts !== undefined && !isDone(facts);
    },
    async remove(message) {
      await blobs.delete(nameOf(message));
    },
    async finish(message) {
      await markDone(nameOf(message));
    },
    async list(key) {
      const entries: PendingEntry[] = [];
      for await (const facts of blobs.list(key === undefined ? FOLDERS.pending : folderOf(key))) {
        entries.push(entryOf(facts));
      }
      return entries.sort((one, other) => one.acceptedAtMs - other.acceptedAtMs);
    },
    async read({ name }) {
      const blob = await find(name);
      if (blob === undefined) return undefined;
      const read = readPending(blob.body);
      if (read === undefined) await putAside(blob, 'an accepted message cannot be read');
      return read && { ...read, tries: entryOf(blob).tries };
    },
    async take({ name, tag, tries }) {
      const blob = await find(name);
      if (blob === undefined) return false;
      try {
        // Read by name, and written over what was listed: in between nobody may have touched it.
        const metadata = { accepted: String(entryOf(blob).acceptedAtMs), tries: String(tries + 1) };
        await rewrite({ name, body: blob.body, over: tag, metadata, contentType: JSON_TYPE });
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },
    async discard({ name, tag, isDone }) {
      if (isDone) await blobs.delete(name, tag);
      else await markDone(name);
    },
    async forget(key) {
      const aside = `${FOLDERS.failed}${conversationId(key)}/`;
      for await (const { name } of blobs.list(aside)) await blobs.delete(name);
    },
    async fail(message) {
      const blob = await find(nameOf(message));
      if (blob !== undefined) await putAside(blob, 'a message could not be answered');
    },
  };
}

function folderOf(key: string): string {
  return `${FOLDERS.pending}${conversationId(key)}/`;
}

function nameOf(message: MessageName): string {
  return `${folderOf(message.key)}${messageId(message)}`;
}

function isDone({ metadata }: BlobFacts): boolean {
  return metadata['done'] === '1';
}

function entryOf(facts: BlobFacts): PendingEntry {
  const { name, tag, writtenAtMs, metadata } = facts;
  const [, conversation = ''] = name.split('/');
  const acceptedAtMs = countOf(metadata['accepted']) ?? writtenAtMs;
  const tries = countOf(metadata['tries']) ?? 1;
  return { name, conversation, tag, acceptedAtMs, tries, touchedAtMs: writtenAtMs, isDone: isDone(facts) };
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
