import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { unzipSync } from 'fflate';
import { appIdOf } from '../../dev/teams-app/teams-app-id.ts';
import { packageCheck } from '../../dev/teams-app/teams-checks.ts';
import { USAGE } from '../../dev/teams-app/teams-options.ts';
import { copyProject } from './project-copy.ts';

const BOT_ID = '8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90';
const NEEDED = ['--bot-id', BOT_ID, '--host', 'bot.example.com'];

interface Run {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

describe('npm run teams-package', () => {
  const project = copyProject({ after });
  const out = join(project, 'out');
  const file = join(out, 'teams-app.zip');
  beforeEach(() => rmSync(out, { recursive: true, force: true }));

  /** The program as a process of its own, from a folder that has nothing to do with it. */
  function run(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
    const program = join(project, 'dev/teams-app/teams-package.ts');
    // What the first process has compiled serves the next ones.
    const given = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(project, 'compiled'), ...env };
    return new Promise((resolve) => {
      execFile(process.execPath, [program, ...args], { cwd: tmpdir(), env: given }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, stdout, stderr });
      });
    });
  }

  it('writes a valid package, byte for byte reproducible, and prints its path and the next step', async () => {
    const { code, stdout, stderr } = await run(NEEDED, { TZ: 'UTC' });
    assert.deepEqual([code, stderr], [0, '']);
    for (const part of [file, appIdOf(BOT_ID), BOT_ID, 'Upload an app', 'Teams admin center']) {
      assert.ok(stdout.includes(part), part);
    }
    assert.match(stdout, /\nPUBLIC_BASE_URL=https:\/\/bot\.example\.com\n/);
    assert.match(stdout, /\nTeams will show "Realtime Voice Bot" as the publisher; set --developer to your name\.\n/);
    assert.deepEqual(readdirSync(out), ['teams-app.zip']);
    const first = readFileSync(file);
    const files = unzipSync(first);
    assert.deepEqual(Object.keys(files).sort(), ['color.png', 'de.json', 'manifest.json', 'outline.png']);
    assert.deepEqual(await packageCheck()(files), []);
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const manifest = JSON.parse(Buffer.from(files['manifest.json'] ?? []).toString());
    assert.deepEqual([manifest.id, manifest.version], [appIdOf(BOT_ID), version]);

    writeFileSync(file, 'what was there before, '.repeat(5_000));
    assert.equal((await run(NEEDED, { TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8' })).code, 0);
    assert.ok(readFileSync(file).equals(first));
  });

  it('prints no hint about the publisher if one is set', async () => {
    const { stdout } = await run([...NEEDED, '--developer', 'Contoso']);
    assert.match(stdout, /from Contoso\n/);
    assert.doesNotMatch(stdout, /publisher/);
  });

  it('writes nothing and lists all problems if options are invalid', async () => {
    const { code, stdout, stderr } = await run(['--bot-id', 'x', '--host', '10.0.0.1', '--nam', 'y']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^The package cannot be made \(--help lists the options\):\n(?: {2}- --[^\n]+\n){3}$/);
    assert.equal(existsSync(out), false);
  });

  it('prints its usage with --help', async () => {
    assert.deepEqual(await run(['--help']), { code: 0, stdout: `${USAGE}\n`, stderr: '' });
  });

  it('keeps the existing package if it cannot write, and says why', async () => {
    mkdirSync(file, { recursive: true });
    const { code, stdout, stderr } = await run(NEEDED);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^The package cannot be made: E\w+: .*teams-app\.zip.*\.\n$/);
    assert.deepEqual(readdirSync(out), ['teams-app.zip']);
  });
});
