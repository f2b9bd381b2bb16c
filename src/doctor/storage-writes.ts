import type { AzureBlobs } from '../storage/azure-blobs.ts';
import { type DoctorDeps, type Finding, fail, pass } from './check.ts';

/** Where it writes; the bot has nothing there. */
const FOLDER = 'doctor/';
const BODY = Buffer.from('Written by the doctor of the voice bot, and deleted at once.');
const PART = { start: 11, end: 20 };
const FIX = 'Use Azure Blob Storage itself.';

/** Writes a blob as the bot does, reads a part of it back and deletes it. Rejects with a StoreError. */
export async function tryWrites(blobs: AzureBlobs, { clock, ids }: DoctorDeps): Promise<Finding> {
  const name = `${FOLDER}${ids.secret()}`;
  const startedAtMs = clock.now();
  try {
    await blobs.write(name, BODY, 'text/plain');
    const part = await blobs.read(name, PART);
    if (part === undefined || !part.body.equals(BODY.subarray(PART.start, PART.end + 1)))
      return fail('what was written does not come back', FIX);
    const wasThere = await blobs.delete(name);
    if (!wasThere || (await blobs.read(name)) !== undefined)
      return fail('a blob that was written is not there, or not gone when it was deleted', FIX);
    const tookMs = clock.now() - startedAtMs;
    return pass(`written, read back in part and deleted, 4 calls in ${tookMs} ms`, { tookMs });
  } finally {
    // Whatever became of it. What it was about is told already.
    await blobs.delete(name).catch(() => {});
  }
}
