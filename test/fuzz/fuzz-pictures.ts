import assert from 'node:assert/strict';
import { createPictureReader } from '../../src/attachments/picture.ts';
import { systemClock } from '../../src/clock.ts';
import { createLogger } from '../../src/log.ts';
import { readCorruptedPictures } from '../attachments/corrupted-pictures.ts';
import { Counts, megabytes, print } from '../support/kit/report.ts';
import { inQuarters } from './quarters.ts';

/**
 * The maximum growth of the process from the half to the end, in bytes: garbage varies, by up to 93 MB between 1,500
 * and 3,000 pictures.
 */
const GROWTH_BOUND = 128 * 1_048_576;

/** Reads this many corrupted pictures in one thread; throws if one takes too long, or memory grows. */
export async function fuzzPictures(pictures: number, seed: number): Promise<void> {
  const reader = createPictureReader({ clock: systemClock, log: createLogger('silent') });
  const ends = new Counts<string>();
  try {
    const growth = await inQuarters(pictures, seed, async ({ seed: first, count, upTo }) => {
      const found = await readCorruptedPictures({ reader, seed: first, count });
      for (const [end, times] of found) ends.add(end, times);
      const rss = process.memoryUsage.rss();
      print(`  ${upTo} pictures, rss ${megabytes(rss)}`);
      return rss;
    });
    print(`  pictures by end: ${ends.listed()}`);
    assert.ok(!ends.has('busy') && !ends.has('too_slow'), ends.listed());
    assert.ok(growth < GROWTH_BOUND, `memory grew by ${megabytes(growth)} in the second half`);
  } finally {
    await reader.close();
  }
}
