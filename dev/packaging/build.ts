import '../../src/node-version.js';
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { browserFiles } from './browser-files.ts';
import { writeWhole } from './whole-file.ts';

// Makes `dist` from `src`. Before `npm start` it also runs where only the runtime packages are installed: there what
// was built before is used.

const root = fileURLToPath(new URL('../../', import.meta.url));
const compiler = `${root}node_modules/typescript/bin/tsc`;

/** Beside `dist`, and in its place once it is whole: a bot may be running from there, and start while this builds. */
async function build(): Promise<void> {
  const [made, old] = [`${root}dist.${process.pid}.tmp`, `${root}dist.${process.pid}.old.tmp`];
  try {
    const args = [compiler, '-p', `${root}src`, '--outDir', made];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    process.exitCode = status ?? 1;
    if (status !== 0) return;
    const scripts = await browserFiles(`${root}src/http/pages`);
    for (const [path, contents] of Object.entries(scripts)) writeWhole(`${made}/http/pages/${path}`, contents);
    if (existsSync(`${root}dist`)) renameSync(`${root}dist`, old);
    renameSync(made, `${root}dist`);
  } finally {
    for (const folder of [made, old]) rmSync(folder, { recursive: true, force: true });
  }
}

if (existsSync(compiler)) {
  await build();
} else if (!existsSync(`${root}dist/index.js`)) {
  process.stderr.write(
    'There is no dist, and TypeScript is not installed to make it: run npm ci, then npm run build.\n',
  );
  process.exitCode = 1;
}
