import assert from 'node:assert/strict';
import { createPictureReader } from '../../src/attachments/picture.ts';
import { systemClock } from '../../src/clock.ts';
import { createLogger } from '../../src/log.ts';
import { readCorruptedPictures } from '../attachments/corrupted-pictures.ts';
import { listed, megabytes, print } from './report.ts';

const QUARTERS = [0.25, 0.5, 0.75, 1] as const;
/** What the process may hold more at the end than at the half, in bytes: garbage comes and goes. */
const GROWTH_BOUND = 64 * 1_048_576;

/** Has so many corrupted pictures read in one thread; throws when one takes too long, or memory grows. */
export async function fuzzPictures(pictures: number, seed: number): Promise<void> {
  const reader = createPictureReader({ clock: systemClock, log: createLogger('silent') });
  const ends = new Map<string, number>();
  const memory: number[] = [];
  try {
    for (const quarter of QUARTERS) {
      const count = Math.ceil(pictures / QUARTERS.length);
      const found = await readCorruptedPictures({ reader, seed: seed + quarter * 4000, count });
      for (const [end, times] of found) ends.set(end, (ends.get(end) ?? 0) + times);
      memory.push(process.memoryUsage.rss());
      print(`  ${Math.round(pictures * quarter)} pictures, rss ${megabytes(memory.at(-1) ?? 0)}`);
    }
    print(`  pictures by end: ${listed(ends)}`);
    assert.ok(!ends.has('busy') && !ends.has('too_slow'), listed(ends));
    const [, half = 0, , end = 0] = memory;
    assert.ok(end - half < GROWTH_BOUND, `memory grew by ${megabytes(end - half)} in the second half`);
  } finally {
    await reader.close();
  }
}
