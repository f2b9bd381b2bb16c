import '../../src/node-version.js';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isAbsolute, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitWithUsage, readOptions } from '../../src/read-options.ts';
import { ZIP_FILE } from './bundle-table.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

// `npm run package`: makes out/bot.zip, the bot for App Service.

const root = fileURLToPath(new URL('../../', import.meta.url));
const USAGE = `Usage: npm run package -- [--with FILE]…

Writes ${ZIP_FILE}, the bot for App Service. The bot in it needs no packages, only Node.

  --with FILE   also pack this file of the project, such as mcp.json; can be repeated
  --help        print this`;

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB (${bytes} bytes)`;
}

/** Undefined without Git, and outside a clone. */
function commitOf(folder: string): string | undefined {
  const describe = ['describe', '--always', '--abbrev=40', '--exclude=*', '--dirty'];
  const { status, stdout } = spawnSync('git', describe, { cwd: folder, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** One line for the terminal. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND') return message;
  return 'this needs the packages for development; run npm ci, without --omit=dev';
}

const { with: named } = readOptions(USAGE, { with: { type: 'string', multiple: true, default: [] } });
const added = named.map((path) => posix.normalize(path.replaceAll('\\', '/')));
const outside = added.find((path) => path.startsWith('../') || isAbsolute(path));
if (outside !== undefined)
  exitWithUsage(`--with is "${outside}"; expected a file below the folder of the project`, USAGE);
try {
  // A dynamic import, since esbuild is a development dependency.
  const { makeBotZip } = await import('./bot-zip.ts');
  const commit = commitOf(root);
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const { zip, unpackedBytes } = await makeBotZip(root, commit, added);
  writeFileAtomic(`${root}${ZIP_FILE}`, zip);
  process.stdout.write(
    `${ZIP_FILE}: ${inMegabytes(zip.byteLength)}, unpacked ${inMegabytes(unpackedBytes)}\n` +
      `Version ${version}, ${commit === undefined ? 'without a commit, since this is not a Git clone' : `commit ${commit}`}; once deployed, /health reports the same.\n` +
      (added.length === 0 ? '' : `With ${added.join(', ')}\n`) +
      `Deploy it: az webapp deploy --resource-group <group> --name <app> --type zip --src-path ${ZIP_FILE} --clean true --restart true\n`,
  );
} catch (error) {
  process.stderr.write(`${ZIP_FILE} was not made: ${reasonOf(error)}\n`);
  process.exitCode = 1;
}
