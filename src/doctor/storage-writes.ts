import type { Blobs, WriteCondition } from '../storage/blobs.ts';
import { removeOlderThan } from '../storage/removal.ts';
import { isConflict } from '../storage/tagged-write.ts';
import { type DoctorDeps, type Finding, fail, pass } from './check.ts';

/** Where it writes; the bot has nothing there. */
const FOLDER = 'doctor/';
/** What a doctor that was cut off has left is removed by a later one, and not under the hands of one beside it. */
const LEFT_FOR_MS = 600_000;
const BODY = Buffer.from('Written by the doctor of the voice bot, and deleted at once.');
const CHANGED = Buffer.from('Written over by the doctor of the voice bot.');
const NO_CONDITIONS =
  'Use Azure Blob Storage itself (or Azurite): without conditional writes two instances would answer the same message.';

/**
 * Writes a blob as the bot does, under conditions that have to hold and that have to fail, reads it back and deletes it.
 * Rejects with a StoreError; nothing stays behind.
 */
export async function tryWrites(blobs: Blobs, { clock, ids }: DoctorDeps, signal: AbortSignal): Promise<Finding> {
  const name = `${FOLDER}${ids.secret()}`;
  const startedAtMs = clock.now();
  try {
    const finding = await writeAndRead(blobs, name);
    if (finding !== undefined) return finding;
    const wasThere = await blobs.delete(name);
    if (!wasThere || (await blobs.read(name)) !== undefined)
      return fail('a blob that was written is not there, or not gone when it was deleted', NO_CONDITIONS);
    const tookMs = clock.now() - startedAtMs;
    await removeOlderThan(blobs, FOLDER, clock.now() - LEFT_FOR_MS, { signal });
    return pass(`written, refused under both conditions, read back and deleted, 8 calls in ${tookMs} ms`, { tookMs });
  } finally {
    // Whatever became of it. What it was about is told already.
    await blobs.delete(name).catch(() => {});
  }
}

/** What is wrong, if anything. */
async function writeAndRead(blobs: Blobs, name: string): Promise<Finding | undefined> {
  const first = await blobs.write(name, BODY, { condition: { over: 'nothing' } });
  const ignored = (header: string) => fail(`a write that ${header} forbids was done`, NO_CONDITIONS);
  if (!(await isRefused(blobs, name, { over: 'nothing' }))) return ignored('If-None-Match');
  const second = await blobs.write(name, CHANGED, { condition: { over: 'version', tag: first } });
  if (!(await isRefused(blobs, name, { over: 'version', tag: first }))) return ignored('If-Match');
  const blob = await blobs.read(name);
  const isWhole = blob !== undefined && blob !== 'unchanged' && blob.tag === second && blob.body.equals(CHANGED);
  return isWhole ? undefined : fail('what was written does not come back', NO_CONDITIONS);
}

async function isRefused(blobs: Blobs, name: string, condition: WriteCondition): Promise<boolean> {
  try {
    await blobs.write(name, BODY, { condition });
    return false;
  } catch (error) {
    if (isConflict(error)) return true;
    throw error;
  }
}
