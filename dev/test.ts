import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs the tests, one process for each group: every process has to import the whole bot. A group is a folder of `test/`, or
 * the files directly in `test/`. Arguments are folders and files; the default is all. `--quick` leaves out the slow
 * integration suites, `--all` overrides that.
 */
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const NODE_VERSION = new URL('../src/node-version.js', import.meta.url).href;
const TEST_TIMEOUT_MS = 120_000;

/** The slowest groups, slowest first. `quick`: `npm run check` runs it. */
const LONG_GROUPS: readonly { readonly group: string; readonly quick: boolean }[] = [
  { group: 'test/database', quick: false },
  { group: 'test/instances', quick: false },
  { group: 'test/channel', quick: true },
  { group: 'test/dev', quick: true },
  { group: 'test/process', quick: false },
  { group: 'test/package', quick: false },
  { group: 'test/http', quick: true },
  { group: 'test/conversation', quick: true },
  { group: 'test/attachments', quick: true },
  { group: 'test/fuzz', quick: false },
  { group: 'test/doctor', quick: false },
  { group: 'test/telemetry', quick: true },
  { group: 'test/storage', quick: true },
];

interface GroupResult {
  readonly group: string;
  readonly isPassed: boolean;
}

const print = (text: string) => void process.stdout.write(`${text}\n`);
const running = new Set<ChildProcess>();

/** The test files for the arguments, by group. */
function groupsOf(args: readonly string[]): Map<string, string[]> {
  const patterns = args.map((arg) => {
    const path = relative(ROOT, resolve(arg)).replaceAll('\\', '/');
    return path.endsWith('.ts') ? path : `${path}/**/*.test.ts`;
  });
  const found = patterns.map((pattern) => globSync(pattern, { cwd: ROOT }));
  const empty = patterns.find((_, index) => found[index]?.length === 0);
  if (empty !== undefined) throw new Error(`no tests match ${empty}`);
  const files = new Set(found.flat().map((file) => file.replaceAll('\\', '/')));
  return Map.groupBy([...files].sort(), (file) => file.split('/').slice(0, -1).slice(0, 2).join('/'));
}

/** Prints one line for a group, and the whole output if it fails. */
async function run(group: string, files: readonly string[]): Promise<GroupResult> {
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      '--import',
      NODE_VERSION,
      '--test',
      '--test-isolation=none',
      `--test-timeout=${TEST_TIMEOUT_MS}`,
      '--test-reporter=spec',
      ...files,
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  running.add(child);
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  running.delete(child);
  const text = Buffer.concat(output).toString();
  const count = (name: string) =>
    Number(
      text
        .match(new RegExp(`^ℹ ${name} (\\d+)`, 'gm'))
        ?.at(-1)
        ?.split(' ')
        .at(-1) ?? 0,
    );
  const isPassed = code === 0 && count('pass') > 0;
  if (!isPassed) print(text);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const counts = `${count('pass')} passed, ${count('fail')} failed, ${count('skipped')} skipped`;
  print(`${isPassed ? 'ok    ' : 'FAILED'} ${group}: ${counts} (${seconds} s)`);
  return { group, isPassed };
}

const args = process.argv.slice(2);
const isQuick = args.includes('--quick') && !args.includes('--all');
const paths = args.filter((arg) => !['--quick', '--all'].includes(arg));
const groups = groupsOf(paths.length > 0 ? paths : [`${ROOT}test`]);
const order = LONG_GROUPS.map(({ group }) => group);
const slow = new Set(LONG_GROUPS.filter(({ quick }) => !quick).map(({ group }) => group));
const rank = (group: string) => (order.includes(group) ? order.indexOf(group) : order.length);
const queue = [...groups].filter(([group]) => !isQuick || !slow.has(group)).sort(([a], [b]) => rank(a) - rank(b));

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    queue.length = 0;
    for (const child of running) child.kill('SIGKILL');
  });
}

if (queue.length === 0) print('No tests to run');
const results: GroupResult[] = [];
// More than there are processors: some groups mostly wait for servers and processes that they start.
const SLOTS = availableParallelism() + 2;
async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) results.push(await run(...next));
}
await Promise.all(Array.from({ length: SLOTS }, work));
const failed = results.filter(({ isPassed }) => !isPassed);
if (failed.length > 0) print(`Failed: ${failed.map(({ group }) => group).join(', ')}`);
process.exitCode = failed.length > 0 || results.length === 0 ? 1 : 0;
