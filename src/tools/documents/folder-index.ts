import { chunksOf } from './chunks.ts';
import { DocumentError } from './document-error.ts';
import { DocumentIndex, type Hit } from './document-index.ts';
import { type FolderFile, listFolder, readFolderFile } from './folder.ts';
import { readDocument } from './read-document.ts';

/** The most that the index of a folder takes: about 20,000 pages of common words, less if most words are unique. */
export const MAX_INDEX_BYTES = 300_000_000;
const FULL = 'the index is full';
const UNREADABLE = 'it cannot be read';

/** A file that is not indexed, and the reason. */
export interface LeftOut {
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
  readonly maxBytes: number;
  /** The fingerprints of files that are not read again unless they change, by path: reading them ended the thread. */
  readonly skipped: ReadonlyMap<string, string>;
}

/** The index of a folder. `update` brings it up to date. */
export class FolderIndex {
  readonly #folder: string;
  readonly #skipped: ReadonlyMap<string, string>;
  readonly #index: DocumentIndex;
  /** The files that were read or tried, by path, and why some are left out. */
  readonly #files = new Map<string, { readonly fingerprint: string; readonly problem: string | undefined }>();

  constructor({ folder, maxBytes, skipped }: FolderIndexOptions) {
    this.#folder = folder;
    this.#skipped = skipped;
    this.#index = new DocumentIndex(maxBytes);
  }

  find(query: string, maxHits: number): Hit[] {
    return this.#index.find(query, maxHits);
  }

  /**
   * Reads new, changed and unreadable files and drops deleted ones; `onRead` is called before each that is read. Rejects if
   * the folder cannot be read, and keeps the index.
   */
  async update(onRead: (file: FolderFile) => void = () => {}): Promise<FolderState & { readonly isChanged: boolean }> {
    const { files, isCut } = await listFolder(this.#folder);
    const paths = new Set(files.map(({ path }) => path));
    const gone = [...this.#files.keys()].filter((path) => !paths.has(path));
    for (const path of gone) {
      this.#index.delete(path);
      this.#files.delete(path);
    }
    const hasRoom = gone.length > 0;
    let isChanged = gone.length > 0;
    for (const file of files) {
      const { fingerprint, problem } = this.#files.get(file.path) ?? {};
      const isNew = fingerprint !== file.fingerprint;
      if (!isNew && problem !== UNREADABLE && !(hasRoom && problem === FULL)) continue;
      this.#index.delete(file.path);
      const newProblem = await this.#read(file, onRead);
      this.#files.set(file.path, { fingerprint: file.fingerprint, problem: newProblem });
      isChanged ||= isNew || newProblem !== problem;
    }
    return { ...this.#state(isCut), isChanged };
  }

  #state(isCut: boolean): FolderState {
    const leftOut = [...this.#files].flatMap(([path, { problem }]) =>
      problem === undefined ? [] : { path, reason: problem },
    );
    if (isCut) leftOut.push({ path: '…', reason: 'the folder has too many files' });
    return { documents: this.#index.documentCount, chunks: this.#index.chunkCount, leftOut };
  }

  /** Returns why the file is left out; `undefined` if it is indexed. */
  async #read(file: FolderFile, onRead: (file: FolderFile) => void): Promise<string | undefined> {
    const { path, fingerprint } = file;
    if (this.#skipped.get(path) === fingerprint) return 'reading it takes too much time or memory';
    onRead(file);
    try {
      const document = await readDocument(path, await readFolderFile(this.#folder, path));
      return this.#index.set(path, document.title, chunksOf(document)) ? undefined : FULL;
    } catch (error) {
      return error instanceof DocumentError ? error.message : UNREADABLE;
    }
  }
}
