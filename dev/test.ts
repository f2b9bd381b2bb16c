import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, globSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// Runs the tests, a few groups in one process: every process has to import the whole bot, and starts its own
// PostgreSQL. A group is a folder of `test/`, or the files directly in `test/`. Arguments are folders and files; the
// default is all. `--quick` leaves out the slow integration suites, `--all` overrides that.

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const NODE_VERSION = new URL('../src/node-version.js', import.meta.url).href;
const TEST_TIMEOUT_MS = 120_000;
/** Limits a process: a test that loops without waiting does not end at its own limit. */
const PROCESS_TIMEOUT_MS = 900_000;

/** The groups that share a process, slowest process first. A group that is not here has a process of its own. */
const PROCESSES: readonly (readonly string[])[] = [
  ['test/package', 'test/process', 'test/telemetry'],
  ['test/instances', 'test/tools'],
  ['test/conversation', 'test/realtime', 'test/http'],
  ['test/dev', 'test/deployment', 'test/doctor', 'test/docs', 'test'],
  ['test/database', 'test/storage'],
  ['test/attachments', 'test/audio', 'test/workers', 'test/fuzz'],
  ['test/channel', 'test/messages', 'test/config'],
];
/**
 * Not in `npm run check`: suites that start databases, programs, threads or servers. Groups, and the beginnings of
 * files.
 */
const SLOW_SUITES: readonly string[] = [
  ...['database/', 'instances/', 'process/', 'package/', 'fuzz/', 'doctor/', 'storage/', 'workers/'],
  ...['attachments/picture', 'attachments/ssrf', 'audio/azure', 'audio/clip/clip-decoder', 'audio/clip/ffmpeg'],
  ...['channel/sent-files', 'channel/teams-turns', 'conversation/sent-files', 'conversation/tool-pictures'],
  ...['dev/bundle', 'dev/chat', 'dev/demo.', 'dev/read-options', 'dev/simulator/voice', 'dev/teams-package'],
  ...['http/audio-load', 'http/recording-upload', 'tools/documents', 'tools/mcp'],
].map((name) => `test/${name}`);

interface ProcessResult {
  /** Its groups. */
  readonly name: string;
  readonly isPassed: boolean;
  readonly failedTests: readonly string[];
}

/** Begins the last part of the output: the failed tests with their errors. */
const FAILING = '✖ failing tests:';

const print = (text: string) => void process.stdout.write(`${text}\n`);
const running = new Set<ChildProcess>();
/** For the output of each process. */
const FOLDER = mkdtempSync(join(tmpdir(), 'test-output-'));
process.once('exit', () => rmSync(FOLDER, { recursive: true }));

/** The test files for the arguments, by group, but for those that begin with one of `omitted`. */
function groupFiles(args: readonly string[], omitted: readonly string[]): Map<string, string[]> {
  const patterns = args.map((arg) => {
    const path = relative(ROOT, resolve(arg)).replaceAll('\\', '/');
    return path.endsWith('.ts') ? path : `${path}/**/*.test.ts`;
  });
  const found = patterns.map((pattern) => globSync(pattern, { cwd: ROOT }));
  const empty = patterns.find((_, index) => found[index]?.length === 0);
  if (empty !== undefined) throw new Error(`no tests match ${empty}`);
  const files = new Set(found.flat().map((file) => file.replaceAll('\\', '/')));
  const wanted = [...files].filter((file) => !omitted.some((beginning) => file.startsWith(beginning)));
  return Map.groupBy(wanted.sort(), (file) => file.split('/').slice(0, -1).slice(0, 2).join('/'));
}

/** A number of the summary at the end of the output; 0 if there is none. */
function countIn(output: string, what: string): number {
  const [, count = 0] = [...output.matchAll(new RegExp(`^ℹ ${what} (\\d+)`, 'gm'))].at(-1) ?? [];
  return Number(count);
}

/** Prints one line for a process, and the failed tests with their errors. */
async function run(name: string, files: readonly string[]): Promise<ProcessResult> {
  const startedMs = performance.now();
  // A pipe would lose what is not read yet when the process is made to exit.
  const path = join(FOLDER, name.replaceAll(/\W/g, '-'));
  const output = openSync(path, 'w');
  const child = spawn(
    process.execPath,
    [
      '--import',
      NODE_VERSION,
      '--test',
      '--test-isolation=none',
      // After a failed test, what it has left open would keep the process running.
      '--test-force-exit',
      `--test-timeout=${TEST_TIMEOUT_MS}`,
      '--test-reporter=spec',
      ...files,
    ],
    { cwd: ROOT, stdio: ['ignore', output, output] },
  );
  running.add(child);
  const late = setTimeout(() => child.kill('SIGKILL'), PROCESS_TIMEOUT_MS);
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  clearTimeout(late);
  running.delete(child);
  closeSync(output);
  const text = readFileSync(path, 'utf8');
  const count = (what: string) => countIn(text, what);
  const isPassed = code === 0 && count('pass') > 0;
  const failing = text.slice(Math.max(0, text.lastIndexOf(FAILING)));
  if (!isPassed) print(failing);
  if (child.signalCode !== null) print(`${name} was ended by ${child.signalCode}`);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const counts = `${count('pass')} passed, ${count('fail')} failed, ${count('skipped')} skipped`;
  print(`${isPassed ? 'ok    ' : 'FAILED'} ${name}: ${counts} (${seconds} s)`);
  const failedTests = [...failing.matchAll(/^✖ (.+) \([\d.]+ms\)$/gm)].map(([, test = '']) => test);
  return { name, isPassed, failedTests };
}

const args = process.argv.slice(2);
const isQuick = args.includes('--quick') && !args.includes('--all');
const paths = args.filter((arg) => !['--quick', '--all'].includes(arg));
const filesByGroup = groupFiles(paths.length > 0 ? paths : [`${ROOT}test`], isQuick ? SLOW_SUITES : []);
const others = [...filesByGroup.keys()].filter((group) => !PROCESSES.flat().includes(group));
const queue = [...PROCESSES, ...others.map((group) => [group])]
  .map((groups) => groups.filter((group) => filesByGroup.has(group)))
  .filter((groups) => groups.length > 0);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    queue.length = 0;
    for (const child of running) child.kill('SIGKILL');
  });
}

if (queue.length === 0) print('No tests to run');
const results: ProcessResult[] = [];
// More than there are processors: some groups mostly wait for servers and processes that they start.
const SLOTS = availableParallelism() + 3;
async function work(): Promise<void> {
  for (let groups = queue.shift(); groups !== undefined; groups = queue.shift()) {
    const files = groups.flatMap((group) => filesByGroup.get(group) ?? []);
    results.push(await run(groups.join(', '), files));
  }
}
await Promise.all(Array.from({ length: SLOTS }, work));
const failed = results.filter(({ isPassed }) => !isPassed);
for (const { name, failedTests } of failed) print(['Failed:', name, ...failedTests].join('\n  '));
process.exitCode = failed.length > 0 || results.length === 0 ? 1 : 0;
