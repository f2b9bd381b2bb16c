import type { BlobFacts, Blobs } from './blobs.ts';
import { isConflict } from './tagged-write.ts';

const AT_ONCE = 8;

/** Which of the listed blobs are removed. */
export interface RemovalOptions {
  /** All of them, if not given. */
  readonly fits?: (facts: BlobFacts) => boolean;
  /** Aborted: what is under way is finished, and nothing else is begun. */
  readonly signal?: AbortSignal;
}

/**
 * Deletes what a list shows, eight at a time, each only in the version that was listed: what is written meanwhile
 * stays. Resolves with how many were deleted; rejects with the first StoreError, which leaves the rest in place.
 */
export async function removeListed(
  blobs: Blobs,
  prefix: string,
  { fits, signal }: RemovalOptions = {},
): Promise<number> {
  let removed = 0;
  let hasFailed = false;
  const entries = blobs.list(prefix)[Symbol.asyncIterator]();

  async function removeNext(): Promise<void> {
    for (;;) {
      const { done, value } = await entries.next();
      if (done || hasFailed || signal?.aborted) return;
      if (fits?.(value) !== false && (await removeOne(blobs, value))) removed++;
    }
  }

  const workers = Array.from({ length: AT_ONCE }, () =>
    removeNext().catch((error: unknown) => {
      hasFailed = true;
      throw error;
    }),
  );
  // All of them, so that nothing is still under way when it rejects.
  for (const { status, reason } of (await Promise.allSettled(workers)) as PromiseRejectedResult[]) {
    if (status === 'rejected') throw reason;
  }
  return removed;
}

/** As `removeListed`, what was written before `beforeMs` (by the clock of the store). */
export function removeOlderThan(
  blobs: Blobs,
  prefix: string,
  beforeMs: number,
  { fits = () => true, signal }: RemovalOptions = {},
): Promise<number> {
  const isOld = (facts: BlobFacts) => facts.writtenAtMs < beforeMs && fits(facts);
  return removeListed(blobs, prefix, { fits: isOld, ...(signal === undefined ? {} : { signal }) });
}

/** Deletes this version. False when there is none, or another. */
export async function removeOne(blobs: Blobs, { name, tag }: Pick<BlobFacts, 'name' | 'tag'>): Promise<boolean> {
  try {
    return await blobs.delete(name, tag);
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}
