import { createHash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { atMost } from '../at-most.ts';
import { StoreError } from '../errors.ts';
import type { Blobs, WriteCondition, WriteOptions } from './blobs.ts';

/** Of a digest: 132 bits. */
const STAMP_CHARS = 22;
/** Writes of which it is not known whether they were done. */
const MOST_UNSURE = 10_000;

/** What is to be written. */
export interface TaggedWrite extends Omit<WriteOptions, 'condition'> {
  readonly name: string;
  readonly body: Buffer;
  /** The version that it goes over; `undefined`: only where nothing is. */
  readonly over: string | undefined;
}

/**
 * Makes conditional writes that are safe to do again: one whose answer was lost would find its condition broken by
 * itself. Each leaves a stamp of its writer, its content and what it went over, by which it knows itself again.
 */
export function createTaggedWrites(blobs: Blobs): (write: TaggedWrite) => Promise<string> {
  const writer = randomUUID();
  /** Only these may be found done: any other conflict is what it seems, and costs no second look. */
  const unsure = new LRUCache<string, true>(atMost(MOST_UNSURE));
  return async ({ name, body, over, metadata, ...options }) => {
    const stamp = stampOf(writer, over ?? '', JSON.stringify(metadata ?? {}), body);
    try {
      const condition = conditionOf(over);
      const tag = await blobs.write(name, body, { ...options, condition, metadata: { ...metadata, stamp } });
      unsure.delete(stamp);
      return tag;
    } catch (error) {
      if (!isConflict(error)) unsure.set(stamp, true);
      if (!isConflict(error) || !unsure.has(stamp)) throw error;
      unsure.delete(stamp);
      const there = await blobs.describe(name);
      if (there?.metadata['stamp'] === stamp) return there.tag;
      throw error;
    }
  };
}

/** Whether a write or delete was refused because something else stands there. */
export function isConflict(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'store_conflict';
}

function conditionOf(over: string | undefined): WriteCondition {
  return over === undefined ? { over: 'nothing' } : { over: 'version', tag: over };
}

function stampOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  // With its length before it, no part can be taken for two.
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('base64url').slice(0, STAMP_CHARS);
}
