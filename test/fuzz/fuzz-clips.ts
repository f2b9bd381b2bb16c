import assert from 'node:assert/strict';
import fc from 'fast-check';
import { detectAudioFormat } from '../../src/audio/clip/audio-format.ts';
import { MAX_CLIP_SAMPLES } from '../../src/audio/clip/clip.ts';
import { type ClipDecoder, createClipDecoder } from '../../src/audio/clip/clip-decoder.ts';
import { systemClock } from '../../src/clock.ts';
import { AttachmentError, type AttachmentErrorCode } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { assertHolds, Counts, megabytes, print } from '../support/kit/report.ts';
import { bytesOf, type DamagedClip, damagedClip } from './clips.ts';
import { inQuarters } from './quarters.ts';

/**
 * The maximum growth of the process from the half to the end, in bytes: the WebAssembly memory of a decoder, one for
 * each clip, is freed by garbage collection, which varies by some tens of megabytes.
 */
const GROWTH_BOUND = 64 * 1_048_576;
/** The expected errors for a damaged clip. Excessive time or memory are not among them. */
const FAIR: readonly AttachmentErrorCode[] = ['damaged', 'too_long', 'kind_unknown', 'kind_unsupported'];

const signal = new AbortController().signal;

/** The result for a damaged clip: its format, or the error. Throws if that is not an expected one. */
export async function endOf(decoder: ClipDecoder, clip: DamagedClip): Promise<string> {
  try {
    const bytes = bytesOf(clip);
    const pcm = await decoder.decode(bytes, signal);
    assert.ok(pcm.byteLength > 0 && pcm.byteLength % 2 === 0 && pcm.byteLength <= 2 * MAX_CLIP_SAMPLES);
    return `heard as ${detectAudioFormat(bytes)}`;
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

/** Decodes this many damaged clips in one thread; throws if it dies, hangs or grows. */
export async function fuzzClips(clips: number, seed: number): Promise<void> {
  const decoder = openDecoder();
  const ends = new Counts<string>();
  let slowestMs = 0;
  const property = fc.asyncProperty(damagedClip, async (clip) => {
    const startedMs = performance.now();
    ends.add(await endOf(decoder, clip));
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
  });
  try {
    const growth = await inQuarters(clips, seed, async (quarter) => {
      const result = await fc.check(property, { seed: quarter.seed, numRuns: quarter.count });
      assertHolds('a damaged clip', result, ([clip]) => show(clip));
      const rss = process.memoryUsage.rss();
      print(`  ${quarter.upTo} clips, rss ${megabytes(rss)}`);
      return rss;
    });
    print(`  clips by end: ${ends.listed()}`);
    print(`  the slowest took ${slowestMs.toFixed(0)} ms`);
    assert.ok(growth < GROWTH_BOUND, `memory grew by ${megabytes(growth)} in the second half`);
  } finally {
    await decoder.close();
  }
}
