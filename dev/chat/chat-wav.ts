import { closeSync, openSync, writeSync } from 'node:fs';
import { durationMs, type Pcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';

/** Where the header of a canonical WAV counts the bytes after itself, and those of the samples. */
const RIFF_SIZE_AT = 4;
const DATA_SIZE_AT = 40;
const HEADER_BYTES = 44;
const EMPTY: Pcm = { chunks: [], byteLength: 0 };

/**
 * A WAV that grows with every answer. Invariant: between two calls the file is a whole WAV of all that was added;
 * should a write fail or the process be killed within one, the header still counts what was whole before.
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

  /** Makes the file, in place of an older one. Throws what the file system says. */
  static async create(path: string): Promise<WavFile> {
    const file = new WavFile(path, openSync(path, 'w'));
    file.#write(await encodeWav(EMPTY), 0);
    return file;
  }

  /** How long it sounds. */
  get durationMs(): number {
    return durationMs(this.#pcmBytes);
  }

  /** Throws what the file system says; then nothing was added. */
  add(pcm: Pcm): void {
    let end = this.#pcmBytes;
    for (const chunk of pcm.chunks) {
      this.#write(chunk, HEADER_BYTES + end);
      end += chunk.byteLength;
    }
    this.#write(size(HEADER_BYTES - 8 + end), RIFF_SIZE_AT);
    this.#write(size(end), DATA_SIZE_AT);
    this.#pcmBytes = end;
  }

  /** Safe to call twice. */
  close(): void {
    if (!this.#isClosed) closeSync(this.#descriptor);
    this.#isClosed = true;
  }

  /** All of the bytes: a disk that is nearly full takes some of them first. */
  #write(bytes: Uint8Array, position: number): void {
    for (let written = 0; written < bytes.byteLength; ) {
      written += writeSync(this.#descriptor, bytes, written, bytes.byteLength - written, position + written);
    }
  }
}

function size(bytes: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32LE(bytes);
  return field;
}

/** Why a file cannot be written, for whoever named it. */
export function fileProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'its folder does not exist';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'it may not be written';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return message;
  }
}
