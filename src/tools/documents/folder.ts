import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { DocumentError } from './document-error.ts';
import { isDocument } from './read-document.ts';

const MAX_FILE_BYTES = 50_000_000;
const MAX_FILES = 5_000;

/** A file as it was when the folder was listed. */
export interface FolderFile {
  /** The path relative to the folder, with `/` as separator. */
  readonly path: string;
  /** Changes whenever the file does. */
  readonly fingerprint: string;
}

/**
 * Lists the documents of a folder and its subfolders by path. Leaves out hidden files and links that lead out of the
 * folder. Rejects if the folder cannot be read. `isCut` is true if there are more than 5,000 files.
 */
export async function listFolder(folder: string): Promise<{ files: readonly FolderFile[]; isCut: boolean }> {
  const root = await realpath(folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.map(({ parentPath, name }) => relative(root, join(parentPath, name)).split(sep).join('/'));
  const files: FolderFile[] = [];
  for (const path of paths.filter((each) => isDocument(each) && !isHidden(each)).sort()) {
    const fingerprint = await fingerprintOf(root, path);
    if (fingerprint === undefined) continue;
    if (files.length === MAX_FILES) return { files, isCut: true };
    files.push({ path, fingerprint });
  }
  return { files, isCut: false };
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.'));
}

/** Returns `undefined` if the path is not a file of the folder, or the file was deleted meanwhile. */
async function fingerprintOf(root: string, path: string): Promise<string | undefined> {
  try {
    const real = await realpath(join(root, path));
    if (!isWithin(root, real)) return undefined;
    const found = await stat(real);
    return found.isFile() ? `${found.mtimeMs} ${found.size} ${found.ino}` : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** Rejects with a DocumentError if the file is too large, or now leads out of the folder. */
export async function readFolderFile(folder: string, path: string): Promise<Uint8Array> {
  const root = await realpath(folder);
  const real = await realpath(join(root, path));
  if (!isWithin(root, real)) throw new DocumentError('damaged', 'it leads out of the folder');
  const file = await open(real);
  try {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) throw new DocumentError('too_large', `it has more than ${MAX_FILE_BYTES} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
