import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { assertHolds } from '../support/kit/report.ts';
import { damagedClip } from './clips.ts';
import { endOf, openDecoder, show } from './fuzz-clips.ts';

const SEED = 20_261_101;

describe('a damaged clip', { timeout: 60_000 }, () => {
  const decoder = openDecoder();
  after(() => decoder.close());

  it('is decoded or rejected with a reason, and the thread survives', async () => {
    const ends = new Set<string>();
    const property = fc.asyncProperty(damagedClip, async (clip) => void ends.add(await endOf(decoder, clip)));
    assertHolds('a damaged clip', await fc.check(property, { seed: SEED, numRuns: 80 }), ([clip]) => show(clip));
    for (const end of ['heard as wav', 'heard as mp3', 'heard as opus', 'damaged', 'kind_unknown']) {
      assert.ok(ends.has(end), `${end} is not among ${[...ends].join(', ')}`);
    }
  });
});
