import { isDeepStrictEqual } from 'node:util';
import { chunksOf } from './chunks.ts';
import { DocumentIndex, type Hit } from './document-index.ts';
import { type FolderFile, listFolder, readFolderFile } from './folder.ts';
import { readDocument } from './read-document.ts';
import { DocumentError } from './section.ts';

/** The most that the index of a folder takes: about 20,000 pages of common words, less if most words are unique. */
const MAX_INDEX_BYTES = 300_000_000;

/** Why a file is left out, for operators, and when it is read again although it has not changed. */
interface Problem {
  readonly reason: string;
  readonly retry: 'always' | 'afterDeletion' | 'never';
}

/** A file that shrinks also makes room, but only a deletion lets a file that was left out be read again. */
const FULL: Problem = { reason: 'the index is full', retry: 'afterDeletion' };
const UNREADABLE: Problem = { reason: 'it cannot be read', retry: 'always' };
const TOO_COSTLY: Problem = { reason: 'reading it takes too much time or memory', retry: 'never' };

/** A file or subfolder that is not indexed, and the reason. */
interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

export interface FolderState {
  readonly documents: number;
  readonly chunks: number;
  readonly leftOut: readonly LeftOut[];
}

export interface FolderIndexOptions {
  readonly folder: string;
  /** The fingerprints of files that are not read again unless they change, by path: reading them ended the thread. */
  readonly skipped?: ReadonlyMap<string, string>;
  /** Limits the memory of the index. Default 300 MB. */
  readonly maxBytes?: number;
}

/** The index of a folder. `update` brings it up to date. */
export class FolderIndex {
  readonly #folder: string;
  readonly #skipped: ReadonlyMap<string, string>;
  readonly #index: DocumentIndex;
  /** The files that were read or tried, by path, and why some are left out. */
  readonly #files = new Map<string, { readonly fingerprint: string; readonly problem: Problem | undefined }>();
  /** The paths that the last listing could not read. */
  #unreadable: readonly string[] = [];

  constructor({ folder, skipped = new Map(), maxBytes = MAX_INDEX_BYTES }: FolderIndexOptions) {
    this.#folder = folder;
    this.#skipped = skipped;
    this.#index = new DocumentIndex(maxBytes);
  }

  find(query: string): Hit[] {
    return this.#index.find(query);
  }

  /**
   * Reads new, changed and unreadable files and drops deleted ones; `onRead` is called before each that is read.
   * Rejects if the folder cannot be read, and keeps the index.
   */
  async update(onRead: (file: FolderFile) => void = () => {}): Promise<FolderState & { readonly isChanged: boolean }> {
    const { files, unreadable, isCut } = await listFolder(this.#folder);
    const paths = new Set(files.map(({ path }) => path));
    const gone = [...this.#files.keys()].filter((path) => !paths.has(path));
    for (const path of gone) {
      this.#index.delete(path);
      this.#files.delete(path);
    }
    const wasFreed = gone.length > 0;
    let isChanged = wasFreed || !isDeepStrictEqual(unreadable, this.#unreadable);
    this.#unreadable = unreadable;
    for (const file of files) {
      const { fingerprint, problem } = this.#files.get(file.path) ?? {};
      const isNew = fingerprint !== file.fingerprint;
      const isRetried = problem?.retry === 'always' || (wasFreed && problem?.retry === 'afterDeletion');
      if (!isNew && !isRetried) continue;
      this.#index.delete(file.path);
      const newProblem = await this.#read(file, onRead);
      this.#files.set(file.path, { fingerprint: file.fingerprint, problem: newProblem });
      isChanged ||= isNew || newProblem?.reason !== problem?.reason;
    }
    return { ...this.#state(isCut), isChanged };
  }

  #state(isCut: boolean): FolderState {
    const leftOut: LeftOut[] = this.#unreadable.map((path) => ({ path, reason: UNREADABLE.reason }));
    for (const [path, { problem }] of this.#files) if (problem) leftOut.push({ path, reason: problem.reason });
    if (isCut) leftOut.push({ path: '…', reason: 'the folder has too many files' });
    return { documents: this.#index.documentCount, chunks: this.#index.chunkCount, leftOut };
  }

  /** Returns why the file is left out; `undefined` if it is indexed. */
  async #read(file: FolderFile, onRead: (file: FolderFile) => void): Promise<Problem | undefined> {
    const { path, fingerprint } = file;
    if (this.#skipped.get(path) === fingerprint) return TOO_COSTLY;
    onRead(file);
    try {
      const document = await readDocument(path, await readFolderFile(this.#folder, path));
      return this.#index.set(path, document.title, chunksOf(document)) ? undefined : FULL;
    } catch (error) {
      return error instanceof DocumentError ? { reason: error.message, retry: 'never' } : UNREADABLE;
    }
  }
}
