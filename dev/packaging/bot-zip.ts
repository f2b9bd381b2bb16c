import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Build } from '../../src/installation.ts';
import { browserFiles } from './browser-files.ts';
import { bundle } from './bundle.ts';
import { ASSETS, ENTRIES, START_COMMAND } from './bundle-table.ts';
import { licencesOf, packageFolder, packagesIn } from './licences.ts';
import { zipOf } from './zip.ts';

/** The deployment package. */
export interface BotZip {
  readonly zip: Uint8Array;
  /** The size of all its files. */
  readonly unpackedBytes: number;
}

/**
 * Packs the bot into a ZIP that needs only Node. `added`: other files of the project, as paths below `root`. Rejects
 * with the errors of `botFiles`.
 */
export async function makeBotZip(
  root: string,
  commit: Build['commit'],
  added: readonly string[] = [],
): Promise<BotZip> {
  const others = Object.fromEntries(added.map((path) => [path, readFileSync(join(root, path))]));
  const files = { ...others, ...(await botFiles(root, commit)) };
  const unpackedBytes = Object.values(files).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { zip: zipOf(files), unpackedBytes };
}

/**
 * The files of the ZIP by path, made from the bot below `root`. The same content gives the same bytes. `commit`: shown
 * by `/health`, see `Build`. `entries`: default is the table. Rejects with the errors of esbuild or Node.
 */
export async function botFiles(
  root: string,
  commit: Build['commit'],
  entries: Readonly<Record<string, string>> = ENTRIES,
): Promise<Readonly<Record<string, Uint8Array>>> {
  const { files: programs, metafile } = await bundle(root, entries);
  const assets = ASSETS.map((path) => `node_modules/${path}`);
  const packages = [...packagesIn(metafile), ...assets.flatMap((path) => packageFolder(path) ?? [])];
  const files: Record<string, Uint8Array> = {
    'package.json': Buffer.from(manifestOf(join(root, 'package.json'), commit)),
    LICENSE: readFileSync(join(root, 'LICENSE')),
    'THIRD-PARTY-LICENSES.txt': Buffer.from(licencesOf(root, packages)),
  };
  for (const path of assets) files[`dist/${basename(path)}`] = readFileSync(join(root, path));
  const scripts = await browserFiles(join(root, 'src/http/pages'));
  for (const [name, contents] of Object.entries({ ...programs, ...scripts })) files[`dist/${name}`] = contents;
  return files;
}

/** A package.json without dependencies: nothing is left to install. */
function manifestOf(path: string, gitHead: Build['commit']): string {
  const { name, version, description, license, type, engines } = JSON.parse(readFileSync(path, 'utf8'));
  const scripts = { start: START_COMMAND.replace('exec ', '') };
  const manifest = { name, version, description, license, private: true, type, engines, scripts, gitHead };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
