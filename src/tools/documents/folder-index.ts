import { chunksOf } from './chunks.ts';
import { DocumentError } from './document-error.ts';
import { DocumentIndex, type Hit } from './document-index.ts';
import { type FolderFile, listFolder, readFolderFile } from './folder.ts';
import { readDocument } from './read-document.ts';

/** Limits the chunks of all documents together. */
const MAX_CHUNKS = 100_000;

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

/** The index of a folder. `update` brings it up to date. */
export class FolderIndex {
  readonly #folder: string;
  readonly #index = new DocumentIndex();
  /** The marks of files that were read or tried, by path. */
  readonly #marks = new Map<string, string>();
  readonly #leftOut = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  find(query: string, maxHits: number): Hit[] {
    return this.#index.find(query, maxHits);
  }

  /** Reads new and changed files and drops deleted ones. Rejects if the folder cannot be read, and keeps the index. */
  async update(): Promise<FolderState & { readonly isChanged: boolean }> {
    const { files, isCut } = await listFolder(this.#folder);
    const paths = new Set(files.map(({ path }) => path));
    const gone = [...this.#marks.keys()].filter((path) => !paths.has(path));
    for (const path of gone) this.#forget(path);
    const changed = files.filter(({ path, mark }) => this.#marks.get(path) !== mark);
    for (const file of changed) await this.#read(file);
    if (isCut) this.#leftOut.set('…', 'the folder has too many files');
    else this.#leftOut.delete('…');
    return { ...this.#state(), isChanged: gone.length + changed.length > 0 };
  }

  #state(): FolderState {
    const leftOut = [...this.#leftOut].map(([path, reason]) => ({ path, reason }));
    return { documents: this.#index.documentCount, chunks: this.#index.chunkCount, leftOut };
  }

  async #read({ path, mark }: FolderFile): Promise<void> {
    this.#forget(path);
    this.#marks.set(path, mark);
    try {
      const document = await readDocument(path, await readFolderFile(this.#folder, path));
      const chunks = chunksOf(document);
      if (this.#index.chunkCount + chunks.length > MAX_CHUNKS)
        throw new DocumentError('too_large', 'the index is full');
      this.#index.set(path, document.title, chunks);
    } catch (error) {
      // A file that is being written is read with the next update.
      if (!(error instanceof DocumentError)) this.#marks.delete(path);
      this.#leftOut.set(path, error instanceof DocumentError ? error.message : 'it cannot be read');
    }
  }

  #forget(path: string): void {
    this.#index.delete(path);
    this.#marks.delete(path);
    this.#leftOut.delete(path);
  }
}
