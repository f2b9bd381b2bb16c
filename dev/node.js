// @ts-check
// Runs the rest of the command line under the exact Node of an optional package if it is installed, else under the Node
// that runs this file. Plain JavaScript, since that Node may be old. `node_modules/.bin/node` is not reliable: npm 10 deletes
// it when it prunes the node-* packages of other platforms, because each of them has a program of that name.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PARENT_POLL_MS = 1000;

const platform = process.platform === 'win32' ? 'win' : process.platform;
const program = process.platform === 'win32' ? 'node.exe' : 'node';
const pinned = fileURLToPath(
  new URL(`../node_modules/node-${platform}-${process.arch}/bin/${program}`, import.meta.url),
);
const compileCache = fileURLToPath(new URL('../node_modules/.cache/node-compile', import.meta.url));
const versionCheck = new URL('../src/node-version.js', import.meta.url).href;

const child = spawn(
  existsSync(pinned) ? pinned : process.execPath,
  ['--import', versionCheck, ...process.argv.slice(2)],
  // Without a compile cache, the tests spend much of their time compiling the same modules.
  { stdio: 'inherit', env: { NODE_COMPILE_CACHE: compileCache, ...process.env } },
);
child.on('error', (error) => {
  process.stderr.write(`Node could not be started: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code) => process.exit(code ?? 1));

// In a terminal, Ctrl-C reaches the child directly; a second signal would end it at once.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT');
});
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));

// npm ends only its shell: without this the child would go on running.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) child.kill('SIGTERM');
}, PARENT_POLL_MS).unref();
