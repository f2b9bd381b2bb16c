// @ts-check
// Runs the rest of the command line under the exact Node that comes as an optional package, where it was installed,
// else under the Node that runs this. Plain JavaScript, since that may be an old one. Not by `node_modules/.bin/node`:
// npm 10 removes it again together with the packages for other machines, which have a file of that name, too.
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
  // Compiling what is imported again and again is a good part of the tests' time.
  { stdio: 'inherit', env: { NODE_COMPILE_CACHE: compileCache, ...process.env } },
);
child.on('error', (error) => {
  process.stderr.write(`Node could not be started: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code) => process.exit(code ?? 1));

// From a terminal Ctrl-C reaches the child by itself; twice would mean "at once".
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT');
});
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));

// npm ends its shell and not what runs in it: without this the child would live on alone.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) child.kill('SIGTERM');
}, PARENT_POLL_MS).unref();
