import '../../src/node-version.js';
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { browserFiles } from './browser-files.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

// Builds `dist` from `src`. Without TypeScript (npm ci --omit=dev) an existing `dist` is kept, so that `npm start`
// works there.

const root = fileURLToPath(new URL('../../', import.meta.url));
const compiler = `${root}node_modules/typescript/bin/tsc`;

/** Builds next to `dist` and swaps at the end: a bot may run from `dist`, or start during the build. */
async function build(): Promise<void> {
  const [made, old] = [`${root}dist.${process.pid}.tmp`, `${root}dist.${process.pid}.old.tmp`];
  try {
    const args = [compiler, '-p', `${root}src`, '--outDir', made];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    process.exitCode = status ?? 1;
    if (status !== 0) return;
    const scripts = await browserFiles(`${root}src/http/pages`);
    for (const [path, contents] of Object.entries(scripts)) writeFileAtomic(`${made}/http/pages/${path}`, contents);
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
    'There is no dist, and TypeScript is not installed to build it. Run npm ci, then npm run build.\n',
  );
  process.exitCode = 1;
}
