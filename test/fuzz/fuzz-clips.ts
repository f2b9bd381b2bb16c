import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_CLIP_SAMPLES } from '../../src/audio/clip/clip.ts';
import { type ClipDecoder, createClipDecoder } from '../../src/audio/clip/clip-decoder.ts';
import { durationMs } from '../../src/audio/pcm.ts';
import { systemClock } from '../../src/clock.ts';
import { AttachmentError, type AttachmentErrorCode } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { bytesOf, type DamagedClip, damagedClip } from './clips.ts';
import { assertHolds, countOne, listed, megabytes, print } from './report.ts';

const QUARTERS = [0.25, 0.5, 0.75, 1] as const;
/**
 * What the process may hold more at the end than at the half, in bytes: WebAssembly's memory of a decoder, one for each
 * clip, goes when garbage is collected, which comes and goes by some tens of megabytes.
 */
const GROWTH_BOUND = 64 * 1_048_576;
/** What may be said of a damaged clip. Not that it takes too long, or too much memory. */
const FAIR: readonly AttachmentErrorCode[] = ['damaged', 'too_long', 'kind_unknown', 'kind_unsupported'];

const signal = new AbortController().signal;

/** What becomes of a damaged clip: what it is heard as, or why not. Throws when that is none of what may be. */
export async function endOf(decoder: ClipDecoder, clip: DamagedClip): Promise<string> {
  try {
    const { pcm, durationMs: told, format } = await decoder.decode(bytesOf(clip), signal);
    assert.ok(pcm.byteLength > 0 && pcm.byteLength % 2 === 0 && pcm.byteLength <= 2 * MAX_CLIP_SAMPLES);
    assert.equal(told, durationMs(pcm.byteLength));
    return `heard as ${format}`;
  } catch (error) {
    assert.ok(error instanceof AttachmentError && FAIR.includes(error.code), String(error));
    assert.notEqual(error.message, 'the thread died');
    return error.code;
  }
}

export const show = ({ source, damages }: DamagedClip): string => `${source} ${JSON.stringify(damages)}`;

export function openDecoder(): ClipDecoder {
  return createClipDecoder({ clock: systemClock, log: createLogger('silent') });
}

/** Decodes so many damaged clips in one thread; throws when it dies, hangs, or memory grows. */
export async function fuzzClips(clips: number, seed: number): Promise<void> {
  const decoder = openDecoder();
  const ends = new Map<string, number>();
  const memory: number[] = [];
  let slowestMs = 0;
  const property = fc.asyncProperty(damagedClip, async (clip) => {
    const startedMs = performance.now();
    countOne(ends, await endOf(decoder, clip));
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
  });
  try {
    for (const quarter of QUARTERS) {
      const numRuns = Math.ceil(clips / QUARTERS.length);
      assertHolds('a damaged clip', await fc.check(property, { seed: seed + quarter * 4000, numRuns }), ([clip]) =>
        show(clip),
      );
      memory.push(process.memoryUsage.rss());
      print(`  ${Math.round(clips * quarter)} clips, rss ${megabytes(memory.at(-1) ?? 0)}`);
    }
    print(`  clips by end: ${listed(ends)}`);
    print(`  the slowest took ${slowestMs.toFixed(0)} ms`);
    const [, half = 0, , end = 0] = memory;
    assert.ok(end - half < GROWTH_BOUND, `memory grew by ${megabytes(end - half)} in the second half`);
  } finally {
    await decoder.close();
  }
}
