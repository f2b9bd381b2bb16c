import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { withTimeoutSignal } from '../../deadline.ts';
import { AttachmentError } from '../../errors.ts';
import { SerialQueue } from '../../workers/serial-queue.ts';
import { BYTES_PER_SAMPLE, CHANNELS, SAMPLE_RATE_HZ } from '../pcm.ts';
import type { AudioFormat } from './audio-format.ts';
import { CLIP_LIMIT_MS, MAX_CLIP_SAMPLES, MAX_CLIP_SECONDS, MAX_WAITING_CLIPS } from './clip.ts';

const PROGRAM = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
const INPUT = 'clip';
const MAX_BYTES = MAX_CLIP_SAMPLES * BYTES_PER_SAMPLE;
const MAX_REASON_CHARS = 300;
/** Other formats have a demuxer of the same name. */
const DEMUXERS: Partial<Record<AudioFormat, string>> = { opus: 'ogg', m4a: 'mov', webm: 'matroska' };

/** Decodes with the ffmpeg of this machine, one run at a time. Finds it at the first clip that needs it. */
export class Ffmpeg {
  readonly #clock: Clock;
  readonly #searchPath: string | undefined;
  readonly #queue = new SerialQueue(MAX_WAITING_CLIPS);
  #command: Promise<string | undefined> | undefined;

  /** `searchPath`: the folders that may hold ffmpeg, as in `PATH`; `undefined` if there is none. */
  constructor(clock: Clock, searchPath: string | undefined) {
    this.#clock = clock;
    this.#searchPath = searchPath;
  }

  /**
   * Returns PCM of 16 bit, mono, 24 kHz. Rejects with the signal's reason on abort, else with an AttachmentError:
   * `too_slow`, `too_long`, `damaged`, `busy` when too many wait or after `close`, or `kind_unsupported` without
   * ffmpeg.
   */
  async decode(bytes: Uint8Array, format: AudioFormat, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    this.#command ??= findFfmpeg(this.#searchPath);
    const command = await this.#command;
    if (command === undefined) {
      throw new AttachmentError(
        'kind_unsupported',
        `${format}: ffmpeg not found; only WAV, MP3 and Opus work without it`,
      );
    }
    const late = () => new AttachmentError('too_slow', `not done after ${CLIP_LIMIT_MS} ms`);
    const limits = { clock: this.#clock, limitMs: CLIP_LIMIT_MS, late };
    return this.#queue.run(signal, (combined) =>
      withTimeoutSignal({ ...limits, signal: combined }, (limited) => decodeFile(command, bytes, format, limited)),
    );
  }

  /** Ends the running process and rejects unfinished runs as `busy`. Safe to call twice. */
  close(): Promise<void> {
    return this.#queue.close();
  }
}

/** Finds the path of ffmpeg. Skips relative folders, so that nothing in the working folder is run. */
export async function findFfmpeg(searchPath = ''): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter(isAbsolute)) {
    const file = join(folder, PROGRAM);
    const isExecutable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return file;
  }
  return undefined;
}

/** The input is a file, not a pipe: the table of an M4A may lie at its end. Its folder is always removed. */
async function decodeFile(command: string, bytes: Uint8Array, format: AudioFormat, signal: AbortSignal) {
  const folder = await mkdtemp(join(tmpdir(), 'clip-'));
  try {
    await writeFile(join(folder, INPUT), bytes);
    signal.throwIfAborted();
    return await runIn(folder, command, format, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runIn(cwd: string, command: string, format: AudioFormat, signal: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<{ error: unknown; stdout: Buffer; stderr: Buffer }>();
  // The empty environment keeps secrets of this process from ffmpeg.
  const isolation = { cwd, env: {}, windowsHide: true };
  const bounds = { maxBuffer: MAX_BYTES + 1, signal, killSignal: 'SIGKILL' } as const;
  const options = { ...isolation, ...bounds, encoding: 'buffer' } as const;
  const child = execFile(command, argumentsFor(format), options, (error, stdout, stderr) => {
    const hasExited = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
    // Node reports an abort before the process has ended.
    if (hasExited) resolve({ error, stdout, stderr });
    else child.once('close', () => resolve({ error, stdout, stderr }));
  });
  const { error: cause, stdout, stderr } = await promise;
  signal.throwIfAborted();
  if (child.pid === undefined) throw new AttachmentError('kind_unsupported', 'ffmpeg does not run', { cause });
  if (stdout.byteLength > MAX_BYTES) {
    throw new AttachmentError('too_long', `the audio takes more than ${MAX_CLIP_SECONDS} s`);
  }
  // Like the other decoders, use the audio before the damage.
  if (stdout.byteLength < BYTES_PER_SAMPLE) {
    const reason = stderr.toString().slice(0, MAX_REASON_CHARS);
    throw new AttachmentError('damaged', `ffmpeg finds no audio: ${reason}`);
  }
  return new Uint8Array(stdout.subarray(0, stdout.byteLength - (stdout.byteLength % BYTES_PER_SAMPLE)));
}

/** The file cannot choose anything: the demuxer is fixed and may open neither other files nor addresses. */
function argumentsFor(format: AudioFormat): string[] {
  const demuxer = DEMUXERS[format] ?? format;
  const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-max_alloc', '67108864', '-threads', '1'];
  const isolation = ['-f', demuxer, '-format_whitelist', demuxer, '-protocol_whitelist', 'file'];
  // Decode a little more than the limit, so that a longer clip is detected.
  const bounds = ['-t', String(MAX_CLIP_SECONDS + 2)];
  const input = ['-i', `file:${INPUT}`, '-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1', '-threads', '1'];
  const output = ['-ac', String(CHANNELS), '-ar', String(SAMPLE_RATE_HZ), '-f', 's16le', 'pipe:1'];
  return [...quiet, ...isolation, ...bounds, ...input, ...output];
}
