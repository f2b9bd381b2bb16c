import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { AttachmentError } from '../../errors.ts';
import { BYTES_PER_SAMPLE, CHANNELS, SAMPLE_RATE_HZ } from '../pcm.ts';
import type { AudioFormat } from './audio-format.ts';
import { MAX_CLIP_SAMPLES, MAX_CLIP_SECONDS } from './clip.ts';

export interface FfmpegRun {
  readonly command: string;
  readonly bytes: Uint8Array;
  readonly kind: AudioFormat;
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

const INPUT = 'clip';
const MAX_TOLD_CHARS = 300;
const MAX_BYTES = MAX_CLIP_SAMPLES * BYTES_PER_SAMPLE;

const DEMUXERS: Readonly<Record<AudioFormat, string>> = {
  wav: 'wav',
  mp3: 'mp3',
  opus: 'ogg',
  ogg: 'ogg',
  m4a: 'mov',
  aac: 'aac',
  webm: 'matroska',
  flac: 'flac',
  amr: 'amr',
  aiff: 'aiff',
  caf: 'caf',
};

/**
 * PCM of 16 bit, mono, 24 kHz, made by ffmpeg in a process of its own. The bytes go through a file with a fixed name in
 * a folder of their own, since an M4A may have its table at the end, which a pipe cannot go back from; the folder is
 * always removed. What comes from outside decides on nothing: the demuxer is told, and may open no other file and no
 * address. Rejects with the signal's reason, or with `too_slow`, `too_long`, `damaged`, or `kind_unsupported` when
 * there is nothing to run.
 */
export async function runFfmpeg(run: FfmpegRun): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'clip-'));
  try {
    await writeFile(join(folder, INPUT), run.bytes);
    run.signal.throwIfAborted();
    return await decodeIn(folder, run);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function argumentsFor(kind: AudioFormat): string[] {
  const demuxer = DEMUXERS[kind];
  const isolation = ['-f', demuxer, '-format_whitelist', demuxer, '-protocol_whitelist', 'file'];
  // One second more than is allowed, so that more than that is noticed.
  const bounds = ['-t', String(MAX_CLIP_SECONDS + 2)];
  const input = ['-i', `file:${INPUT}`, '-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1'];
  const output = ['-ac', String(CHANNELS), '-ar', String(SAMPLE_RATE_HZ), '-f', 's16le', 'pipe:1'];
  const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-max_alloc', '67108864'];
  return [...quiet, '-threads', '1', ...isolation, ...bounds, ...input, '-threads', '1', ...output];
}

async function decodeIn(cwd: string, run: FfmpegRun): Promise<Uint8Array<ArrayBuffer>> {
  const child = spawn(run.command, argumentsFor(run.kind), {
    cwd,
    // The secrets of this process are none of its business.
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const sound: Buffer[] = [];
  let byteLength = 0;
  let told = '';
  let failure: unknown;
  const giveUp = (reason: unknown) => {
    failure ??= reason;
    child.kill('SIGKILL');
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told = (told + text).slice(0, MAX_TOLD_CHARS);
  });
  child.stdout.on('data', (piece: Buffer) => {
    byteLength += piece.byteLength;
    if (byteLength <= MAX_BYTES) sound.push(piece);
    else giveUp(new AttachmentError('too_long', `the sound takes more than ${MAX_CLIP_SECONDS} s`));
  });
  const release = bound(run, giveUp);
  await ended(child).finally(release);
  if (failure !== undefined) throw failure;
  // What came before an end at damage is kept, as elsewhere.
  if (byteLength < BYTES_PER_SAMPLE) throw new AttachmentError('damaged', `ffmpeg finds no sound: ${told}`);
  return joined(sound, byteLength - (byteLength % BYTES_PER_SAMPLE));
}

/** Gives up at the limit, and when it is not wanted any more; returns what ends this. */
function bound({ clock, limitMs, signal }: FfmpegRun, giveUp: (reason: unknown) => void): () => void {
  const onAbort = () => giveUp(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const forget = clock.after(limitMs, () => giveUp(new AttachmentError('too_slow', `not done after ${limitMs} ms`)));
  return () => {
    forget();
    signal.removeEventListener('abort', onAbort);
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('close', () => resolve());
    child.once('error', (cause) => reject(new AttachmentError('kind_unsupported', 'ffmpeg does not run', { cause })));
  });
}

function joined(pieces: readonly Uint8Array[], byteLength: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(byteLength);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece.subarray(0, byteLength - at), at);
    at += piece.byteLength;
  }
  return whole;
}
