import '../../src/node-version.js';
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { browserFiles } from './browser-files.ts';
import { writeWhole } from './whole-file.ts';

// Makes `dist` from `src`. Before `npm start` it also runs where only the runtime packages are installed: there what
// was built before is used.

const root = fileURLToPath(new URL('../../', import.meta.url));
const compiler = `${root}node_modules/typescript/bin/tsc`;

if (existsSync(compiler)) {
  rmSync(`${root}dist`, { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [compiler, '-p', `${root}src`], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  const scripts = await browserFiles(`${root}src/http/pages`);
  for (const [path, contents] of Object.entries(scripts)) writeWhole(`${root}dist/http/pages/${path}`, contents);
} else if (!existsSync(`${root}dist/index.js`)) {
  process.stderr.write(
    'There is no dist, and TypeScript is not installed to make it: run npm ci, then npm run build.\n',
  );
  process.exitCode = 1;
}
