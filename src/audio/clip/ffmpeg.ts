import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { unlessAborted } from '../../deadline.ts';
import { AttachmentError } from '../../errors.ts';
import type { AudioFormat } from './audio-format.ts';
import { runFfmpeg } from './run-ffmpeg.ts';

export interface FfmpegOptions {
  readonly clock: Clock;
  /** Where it is looked for, as in `PATH`; undefined means that there is none. */
  readonly searchPath: string | undefined;
  /** The longest that one run may take. */
  readonly limitMs: number;
  /** How many may wait behind the one that runs. */
  readonly maxWaiting: number;
}

const PROGRAM = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';

/** The ffmpeg of this machine, if there is one; one run at a time. It is looked for once, when it is first needed. */
export class Ffmpeg {
  readonly #options: FfmpegOptions;
  readonly #closing = new AbortController();
  #command: Promise<string | undefined> | undefined;
  #inLine = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: FfmpegOptions) {
    this.#options = options;
  }

  /** PCM of 16 bit, mono, 24 kHz. Rejects like `runFfmpeg`; also with `busy`, and `kind_unsupported` without ffmpeg. */
  async decode(bytes: Uint8Array, kind: AudioFormat, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { clock, searchPath, limitMs, maxWaiting } = this.#options;
    this.#command ??= findFfmpeg(searchPath);
    const command = await this.#command;
    if (command === undefined) {
      throw new AttachmentError('kind_unsupported', `${kind} needs ffmpeg, which is not here; WAV, MP3, Opus do not`);
    }
    if (this.#inLine > maxWaiting) throw new AttachmentError('busy', `${this.#inLine} sounds wait for ffmpeg`);
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return this.#inTurn(either, () => runFfmpeg({ command, bytes, kind, clock, limitMs, signal: either }));
  }

  /** Ends what runs; what is not done is `busy`. */
  async close(): Promise<void> {
    this.#closing.abort(new AttachmentError('busy', 'ffmpeg is not asked any more'));
    await this.#last;
  }

  async #inTurn<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const mine = Promise.withResolvers<void>();
    this.#last = mine.promise;
    this.#inLine += 1;
    try {
      await unlessAborted(signal, () => before);
      return await run();
    } finally {
      this.#inLine -= 1;
      void before.then(mine.resolve);
    }
  }
}

/**
 * Where ffmpeg is, if it is on the search path. Folders that are not absolute are left out: what lies in the working folder
 * is not run.
 */
export async function findFfmpeg(searchPath = ''): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter(isAbsolute)) {
    const file = join(folder, PROGRAM);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}
