import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { browserFiles } from '../../dev/packaging/browser-files.ts';
import { writeWhole } from '../../dev/packaging/whole-file.ts';

/**
 * The programs as tests start them: a few files each, since a good part of a start from source is finding, reading and
 * stripping hundreds. Packed as `npm run package` packs them, but for the packages, which stay where they are.
 */
const ENTRIES = {
  index: 'src/index.ts',
  doctor: 'src/doctor.ts',
  chat: 'dev/chat/chat.ts',
  simulator: 'dev/simulator.ts',
  'clip-worker': 'src/audio/clip/clip-worker.ts',
  'picture-worker': 'src/attachments/picture-worker.ts',
  'voice-worker': 'dev/simulator/voice-worker.ts',
} as const;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Below `node_modules`, so that the packages are found from there. */
const CACHE = join(ROOT, 'node_modules/.cache/programs');
/** A run of the tests that began before the sources were changed is over by then. */
const KEPT_MS = 3_600_000;

/** One folder for each state of the sources, so that nothing stale is ever started. */
function stateOfSources(): string {
  const hash = createHash('sha256');
  const own = ['package.json', 'tsconfig.json', 'test/support/programs.ts'];
  for (const file of [...own, ...globSync(['src/**/*.*', 'dev/**/*.*'], { cwd: ROOT }).sort()]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

async function make(folder: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { ...ENTRIES },
    outdir: join(folder, 'dist'),
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'silent',
  });
  const scripts = await browserFiles(join(ROOT, 'src/http/pages'));
  for (const [path, contents] of Object.entries(scripts)) writeWhole(join(folder, 'dist', path), contents);
  writeWhole(join(folder, 'package.json'), readFileSync(join(ROOT, 'package.json')));
}

/** Makes what is not there yet, and removes what is left of earlier states: all that was compiled is in there, too. */
async function openPrograms(): Promise<string> {
  const folder = join(CACHE, stateOfSources());
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  for (const old of readdirSync(CACHE).map((name) => join(CACHE, name))) {
    const madeMs = statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - madeMs > KEPT_MS) rmSync(old, { recursive: true, force: true });
  }
  const made = `${folder}.${process.pid}.tmp`;
  try {
    await make(made);
    renameSync(made, folder);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return folder;
}

const FOLDER = await openPrograms();

/** The file to start. */
export function programFile(name: keyof typeof ENTRIES): string {
  return join(FOLDER, 'dist', `${name}.js`);
}

/** For `NODE_COMPILE_CACHE`: what one process has compiled serves the next. */
export const COMPILE_CACHE = join(FOLDER, 'compiled');
