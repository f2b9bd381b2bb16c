import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemCode } from '../../errors.ts';
import { isDocument } from './read-document.ts';
import { DocumentError } from './section.ts';

const MAX_FILE_BYTES = 50_000_000;
const MAX_FILES = 5_000;
/**
 * The codes of errors for a path that was deleted or replaced since it was listed, and for a link that leads nowhere.
 */
const DELETED = ['ENOENT', 'ENOTDIR'];

/** The codes of transient errors, as of a network share or a busy process. */
const TRANSIENT = [
  'EIO',
  'ESTALE',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAGAIN',
  'EMFILE',
  'ENFILE',
];

/** A file as it was when the folder was listed. */
export interface FolderFile {
  /** The path relative to the folder, with `/` as separator. */
  readonly path: string;
  /** Changes whenever the file does. */
  readonly fingerprint: string;
}

/** The documents of a folder and its subfolders. */
interface FolderList {
  /** In the order of their paths. */
  readonly files: readonly FolderFile[];
  /** The paths of subfolders and files that cannot be read. */
  readonly unreadable: readonly string[];
  /** Whether there are more than 5,000 files. */
  readonly isCut: boolean;
}

/**
 * Lists the documents of a folder and its subfolders. Leaves out whatever is hidden, and links that lead out of the
 * folder. Rejects if the folder itself cannot be read, and if a part of it cannot be read because of a transient error:
 * what it held was not deleted.
 */
export async function listFolder(folder: string): Promise<FolderList> {
  const root = await realpath(folder);
  const { paths, unreadable } = await documentsIn(root);
  const files: FolderFile[] = [];
  for (const path of paths.sort()) {
    const fingerprint = await unlessUnreadable(path, unreadable, () => fingerprintOf(root, path));
    if (fingerprint === undefined) continue;
    if (files.length === MAX_FILES) return { files, unreadable, isCut: true };
    files.push({ path, fingerprint });
  }
  return { files, unreadable, isCut: false };
}

/** Reads one folder after another: Node's recursive `readdir` rejects as a whole if it cannot read one of them. */
async function documentsIn(root: string): Promise<{ readonly paths: string[]; readonly unreadable: string[] }> {
  const paths: string[] = [];
  const unreadable: string[] = [];
  const folders = [''];
  for (const folder of folders) {
    const read = () => readdir(join(root, folder), { withFileTypes: true });
    const entries = folder === '' ? await read() : await unlessUnreadable(folder, unreadable, read);
    for (const entry of entries ?? []) {
      if (entry.name.startsWith('.')) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else if (isDocument(path)) paths.push(path);
    }
  }
  return { paths, unreadable };
}

/**
 * Settles like `read`. But if it fails with an error that is not transient, resolves with `undefined`, and adds the
 * path to `unreadable` unless it was deleted.
 */
async function unlessUnreadable<T>(path: string, unreadable: string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (TRANSIENT.includes(code)) throw error;
    if (!DELETED.includes(code)) unreadable.push(path);
    return undefined;
  }
}

/** Returns `undefined` if the path is not a file of the folder. */
async function fingerprintOf(root: string, path: string): Promise<string | undefined> {
  const real = await realPathIn(root, path);
  if (real === undefined) return undefined;
  const found = await stat(real);
  return found.isFile() ? `${found.mtimeMs} ${found.size} ${found.ino}` : undefined;
}

/** Returns `undefined` if the path leads out of the folder. */
async function realPathIn(root: string, path: string): Promise<string | undefined> {
  const real = await realpath(join(root, path));
  return real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : undefined;
}

/** Rejects with a DocumentError if the file is too large, or now leads out of the folder. */
export async function readFolderFile(folder: string, path: string): Promise<Uint8Array> {
  const real = await realPathIn(await realpath(folder), path);
  if (real === undefined) throw new DocumentError('it leads out of the folder');
  const file = await open(real);
  try {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) throw new DocumentError(`it has more than ${MAX_FILE_BYTES} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
