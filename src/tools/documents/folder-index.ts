import { chunksOf } from './chunks.ts';
import { DocumentError } from './document-error.ts';
import { DocumentIndex, type Hit } from './document-index.ts';
import { type FolderFile, listFolder, readFolderFile } from './folder.ts';
import { readDocument } from './read-document.ts';

/** The most that the index of a folder takes: about 20,000 pages of common words, less if most words are unique. */
export const MAX_INDEX_BYTES = 300_000_000;
const FULL = 'the index is full';

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
  /** The marks of files that are not read again unless they change, by path: reading them ended the thread. */
  readonly skipped: ReadonlyMap<string, string>;
}

/** The index of a folder. `update` brings it up to date. */
export class FolderIndex {
  readonly #folder: string;
  readonly #skipped: ReadonlyMap<string, string>;
  readonly #index: DocumentIndex;
  /** The marks of files that were read or tried, by path. */
  readonly #marks = new Map<string, string>();
  readonly #leftOut = new Map<string, string>();

  constructor({ folder, maxBytes, skipped }: FolderIndexOptions) {
    this.#folder = folder;
    this.#skipped = skipped;
    this.#index = new DocumentIndex(maxBytes);
  }

  find(query: string, maxHits: number): Hit[] {
    return this.#index.find(query, maxHits);
  }

  /**
   * Reads new and changed files and drops deleted ones; `onRead` is called before each that is read. Rejects if the folder
   * cannot be read, and keeps the index.
   */
  async update(onRead: (file: FolderFile) => void = () => {}): Promise<FolderState & { readonly isChanged: boolean }> {
    const { files, isCut } = await listFolder(this.#folder);
    const paths = new Set(files.map(({ path }) => path));
    const gone = [...this.#marks.keys()].filter((path) => !paths.has(path));
    for (const path of gone) this.#forget(path);
    if (gone.length > 0) this.#retryFull();
    const changed = files.filter(({ path, mark }) => this.#marks.get(path) !== mark);
    for (const file of changed) await this.#read(file, onRead);
    if (isCut) this.#leftOut.set('…', 'the folder has too many files');
    else this.#leftOut.delete('…');
    return { ...this.#state(), isChanged: gone.length + changed.length > 0 };
  }

  #state(): FolderState {
    const leftOut = [...this.#leftOut].map(([path, reason]) => ({ path, reason }));
    return { documents: this.#index.documentCount, chunks: this.#index.chunkCount, leftOut };
  }

  async #read(file: FolderFile, onRead: (file: FolderFile) => void): Promise<void> {
    const { path, mark } = file;
    this.#forget(path);
    this.#marks.set(path, mark);
    try {
      if (this.#skipped.get(path) === mark)
        throw new DocumentError('damaged', 'reading it takes too much time or memory');
      onRead(file);
      const document = await readDocument(path, await readFolderFile(this.#folder, path));
      const chunks = chunksOf(document);
      if (!this.#index.set(path, document.title, chunks)) throw new DocumentError('too_large', FULL);
    } catch (error) {
      // A file that is being written is read with the next update.
      if (!(error instanceof DocumentError)) this.#marks.delete(path);
      this.#leftOut.set(path, error instanceof DocumentError ? error.message : 'it cannot be read');
    }
  }

  /** There may be room for files that were left out. */
  #retryFull(): void {
    for (const [path, reason] of this.#leftOut) if (reason === FULL) this.#marks.delete(path);
  }

  #forget(path: string): void {
    this.#index.delete(path);
    this.#marks.delete(path);
    this.#leftOut.delete(path);
  }
}
