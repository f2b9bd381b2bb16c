import { closeSync, openSync, writeSync } from 'node:fs';
import { durationMs, type Pcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';

const HEADER_BYTES = 44;

/**
 * A WAV file that grows with every answer. Invariant: between two calls the file is a valid WAV of everything added. If
 * a write fails, the header still counts only what was complete before.
 */
export class WavFile {
  readonly path: string;
  readonly #descriptor: number;
  #pcmBytes = 0;
  #isClosed = false;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  /** Creates or replaces the file. Rejects with the error of the file system. */
  static async create(path: string): Promise<WavFile> {
    const file = new WavFile(path, openSync(path, 'w'));
    await file.add({ chunks: [], byteLength: 0 });
    return file;
  }

  get durationMs(): number {
    return durationMs(this.#pcmBytes);
  }

  /** Rejects with the error of the file system; then nothing was added. */
  async add({ chunks }: Pcm): Promise<void> {
    let byteLength = this.#pcmBytes;
    for (const chunk of chunks) {
      this.#write(chunk, HEADER_BYTES + byteLength);
      byteLength += chunk.byteLength;
    }
    this.#write(await encodeWav({ chunks: [], byteLength }), 0);
    this.#pcmBytes = byteLength;
  }

  /** Safe to call twice. */
  close(): void {
    if (!this.#isClosed) closeSync(this.#descriptor);
    this.#isClosed = true;
  }

  /** `writeSync` may write less than it is given. */
  #write(bytes: Uint8Array, position: number): void {
    for (let written = 0; written < bytes.byteLength; ) {
      written += writeSync(this.#descriptor, bytes, written, bytes.byteLength - written, position + written);
    }
  }
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EISDIR: 'it is a folder',
  EACCES: 'it is not writable',
  EPERM: 'it is not writable',
  EROFS: 'it is not writable',
  ENOSPC: 'the disk is full',
};

/** Why a file cannot be written. */
export function fileProblem(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return FILE_PROBLEMS[code] ?? message;
}
