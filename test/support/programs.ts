import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { browserFiles } from '../../dev/packaging/browser-files.ts';
import { bundle } from '../../dev/packaging/bundle.ts';
import { ENTRIES } from '../../dev/packaging/bundle-table.ts';
import { writeFileAtomic } from '../../dev/packaging/write-file-atomic.ts';

/**
 * The programs as tests start them: packed, as they are deployed. From source, a good part of a start is the search,
 * reading and type stripping of thousands of files.
 */
const PROGRAMS = {
  chat: 'dev/chat/chat.ts',
  simulator: 'dev/simulator.ts',
  'voice-worker': 'dev/simulator/voice-worker.ts',
} as const;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Under `node_modules`, so that packages are found from there. */
const CACHE = join(ROOT, 'node_modules/.cache/programs');
/** A test run that began before the sources were changed is over by then. */
const KEPT_MS = 3_600_000;
/** A build that is not complete by then was given up. */
const MAKING_MS = 60_000;

/** One folder for each state of the sources, so that nothing stale is ever started. */
function stateOfSources(): string {
  const hash = createHash('sha256');
  const others = ['package.json', 'package-lock.json', 'tsconfig.json', 'test/support/programs.ts'];
  for (const file of [...others, ...globSync(['src/**/*.*', 'dev/**/*.*'], { cwd: ROOT }).sort()]) {
    hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function make(folder: string): Promise<void> {
  const { files } = await bundle(ROOT, { ...ENTRIES, ...PROGRAMS });
  const scripts = await browserFiles(join(ROOT, 'src/http/pages'));
  for (const [path, contents] of Object.entries({ ...files, ...scripts })) {
    writeFileAtomic(join(folder, 'dist', path), contents);
  }
  writeFileAtomic(join(folder, 'package.json'), readFileSync(join(ROOT, 'package.json')));
}

function removeOlder(path: string, ageMs: number): void {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
  if (Date.now() - mtimeMs > ageMs) rmSync(path, { recursive: true, force: true });
}

/** Builds what is missing, in one process for all, and removes what is left of earlier states. */
async function openPrograms(): Promise<string> {
  const folder = join(CACHE, stateOfSources());
  const unfinished = `${folder}.tmp`;
  mkdirSync(CACHE, { recursive: true });
  while (!existsSync(folder)) {
    try {
      mkdirSync(unfinished);
    } catch {
      await sleep(50);
      removeOlder(unfinished, MAKING_MS);
      continue;
    }
    try {
      await make(unfinished);
      for (const name of readdirSync(CACHE)) removeOlder(join(CACHE, name), KEPT_MS);
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return folder;
}

const FOLDER = await openPrograms();

/** The file to start. */
export function programFile(name: 'index' | 'doctor' | 'chat' | 'simulator'): string {
  return join(FOLDER, 'dist', `${name}.js`);
}

/** For `NODE_COMPILE_CACHE`: the compiled code of one process serves the next ones. */
export const COMPILE_CACHE = join(FOLDER, 'compiled');
