// A process that only decodes, so that its resources are those of decoding.
import { existsSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { detectAudioFormat, isBuiltIn } from '../../src/audio/clip/audio-format.ts';
import { CLIP_THREAD_LIMITS } from '../../src/audio/clip/clip-decoder.ts';
import type { ClipTask } from '../../src/audio/clip/clip-worker.ts';
import { mp3Frames } from '../../src/audio/clip/mp3-frames.ts';
import { oggPages } from '../../src/audio/clip/ogg-pages.ts';
import { systemClock } from '../../src/clock.ts';
import { createLogger } from '../../src/log.ts';
import { workerUrl } from '../../src/worker-url.ts';
import { TaskWorker } from '../../src/workers/task-worker.ts';
import { cpuMs, median, usage } from './measure.ts';
import { serve } from './serve.ts';

const SECONDS = 60;
const SECONDS_OF_SAMPLE = 1.5;
/** An Opus file begins with two pages of headers. */
const HEADER_PAGES = 2;
/** A page with the end flag would end the audio. */
const FLAGS_AT = 5;
const RESOLUTION_MS = 1;

/** The module of the built bot that starts the worker. */
const BUILT = '../../dist/audio/clip/clip-decoder.js';

/** The cost of a minute of audio. */
export interface ClipFigures {
  /** The first decoding in a process, including the start of the thread. */
  readonly firstMs: number;
  /** The median of later decodings. */
  readonly nextMs: number;
  /** Processor time of one later decoding, which does not depend on the load. */
  readonly nextCpuMs: number;
  /** Peak memory above the memory before and the audio itself, encoded and decoded. */
  readonly memoryBytes: number;
  /** The longest block of the main thread while decoding, and while idle for the same time. */
  readonly pauseMs: number;
  readonly idlePauseMs: number;
}

async function measure({ file, times }: { readonly file: string; readonly times: number }): Promise<ClipFigures> {
  const bytes = minuteOf(file);
  const format = detectAudioFormat(bytes);
  if (format === undefined || !isBuiltIn(format)) throw new Error(`${file} is decoded by ffmpeg`);
  const worker = openWorker();
  const { signal } = new AbortController();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const takenMs: number[] = [];
  let pcmBytes = 0;
  const decode = async () => {
    const startedMs = performance.now();
    const copy = new Uint8Array(bytes);
    const pcm = await worker.run({ bytes: copy, format }, { signal, transfer: [copy.buffer] });
    takenMs.push(performance.now() - startedMs);
    pcmBytes = pcm.byteLength;
  };
  const before = usage().rssBytes;
  await decode();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  delay.enable();
  const spentMs = cpuMs();
  for (let time = 0; time < times; time++) await decode();
  const nextCpuMs = (cpuMs() - spentMs) / times;
  const pauseMs = longestMs(delay);
  const [firstMs = Number.NaN, ...nextMs] = takenMs;
  await sleep(nextMs.reduce((sum, each) => sum + each, 0));
  const idlePauseMs = longestMs(delay);
  await worker.close();
  if (pcmBytes < 0.95 * SECONDS * 48_000) throw new Error(`${file}: ${pcmBytes} bytes are no minute`);
  const memoryBytes = peakBytes - before - bytes.byteLength - pcmBytes;
  return { firstMs, nextMs: median(nextMs), nextCpuMs, memoryBytes, pauseMs, idlePauseMs };
}

/** The built worker, as in `createClipDecoder`. */
function openWorker(): TaskWorker<ClipTask, Uint8Array<ArrayBuffer>> {
  const file = workerUrl(new URL(BUILT, import.meta.url).href, 'clip-worker');
  if (!existsSync(file)) throw new Error('there is no built worker');
  return new TaskWorker({
    file,
    clock: systemClock,
    log: createLogger('silent'),
    limitMs: 60_000,
    maxWaiting: 1,
    idleMs: 60_000,
    resourceLimits: CLIP_THREAD_LIMITS,
  });
}

/** Since the last call. */
function longestMs(delay: ReturnType<typeof monitorEventLoopDelay>): number {
  const longest = Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
  delay.reset();
  return longest;
}

/** A sample of the tests, repeated. */
function minuteOf(file: string): Uint8Array {
  const sample = readFileSync(new URL(`../audio/clips/${file}`, import.meta.url));
  const parts = file.endsWith('.mp3')
    ? [...mp3Frames(sample)].map(({ at, byteLength }) => sample.subarray(at, at + byteLength))
    : [...oggPages(sample)].map((page) => Uint8Array.from(page).with(FLAGS_AT, 0));
  const headers = file.endsWith('.mp3') ? [] : parts.splice(0, HEADER_PAGES);
  return Buffer.concat([
    ...headers,
    ...Array<Uint8Array[]>(SECONDS / SECONDS_OF_SAMPLE)
      .fill(parts)
      .flat(),
  ]);
}

const calls = { measure };

export type ClipCalls = typeof calls;

serve(calls);
