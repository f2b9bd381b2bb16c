import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { unzipSync } from 'fflate';
import { ENTRIES } from '../../dev/packaging/bundle-table.ts';
import { ROOT } from './unpacked.ts';

describe('npm run package', () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'package-'));
    for (const path of ['src', 'dev', 'package.json', 'tsconfig.json', 'LICENSE']) {
      cpSync(join(ROOT, path), join(project, path), { recursive: true });
    }
    // Packing the whole bot would take too long.
    for (const program of Object.values(ENTRIES)) writeFileSync(join(project, program), 'export {};');
  });
  afterEach(() => rmSync(project, { recursive: true }));

  /** From an unrelated folder. */
  function run(...options: string[]) {
    return spawnSync(process.execPath, [join(project, 'dev/packaging/package.ts'), ...options], {
      cwd: tmpdir(),
      encoding: 'utf8',
    });
  }

  it('reports in one line that it needs the development dependencies', () => {
    const { status, stdout, stderr } = run();
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^out\/bot\.zip was not made: this needs the packages for development; run npm ci.*\n$/);
    assert.ok(!existsSync(join(project, 'out')));
  });

  it('writes out/bot.zip and prints its size and how to deploy it, or one line with the reason of a failure', () => {
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'), 'junction');
    writeFileSync(join(project, 'out'), 'not a folder');
    const failed = run();
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /^out\/bot\.zip was not made: EEXIST.*\n$/);

    rmSync(join(project, 'out'));
    const { status, stdout, stderr } = run();
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^out\/bot\.zip: \d+\.\d\d MB \(\d+ bytes\), unpacked \d+\.\d\d MB \(\d+ bytes\)\n/);
    assert.match(stdout, /\nDeploy it: az webapp deploy .*--src-path out\/bot\.zip --clean true --restart true\n$/);
    assert.match(stdout, /\nVersion \d+\.\d+\.\d+, without a commit, since this is not a Git clone; /);
    assert.deepEqual(readdirSync(join(project, 'out')), ['bot.zip']);
  });

  it('packs other files of the project only if asked, and never files from elsewhere', () => {
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'), 'junction');
    writeFileSync(join(project, 'mcp.json'), '{"mcpServers":{}}');
    const packed = () => unzipSync(readFileSync(join(project, 'out/bot.zip')));
    assert.equal(run().status, 0);
    assert.ok(!('mcp.json' in packed()));
    const { status, stdout, stderr } = run('--with', 'mcp.json', '--with=LICENSE');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /\nWith mcp\.json, LICENSE\n/);
    assert.equal(Buffer.from(packed()['mcp.json'] ?? []).toString(), '{"mcpServers":{}}');
    for (const [path, reason] of [
      ['none.json', /ENOENT/],
      ['../none.json', /--with is "\.\.\/none\.json"; expected a file below the folder of the project/],
    ] as const) {
      const { status: code, stderr: error } = run('--with', path);
      assert.equal(code, 1);
      assert.match(error, reason);
      assert.equal(error.trim().split('\n').length, 1);
    }
  });

  it('names the commit that it packs, and warns of changed files', () => {
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'), 'junction');
    const git = (...words: string[]) => {
      const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
      const { status, stdout, stderr } = spawnSync('git', [...author, ...words], { cwd: project, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return stdout.trim();
    };
    git('init', '--quiet');
    git('add', 'src', 'dev', 'package.json', 'tsconfig.json', 'LICENSE');
    git('commit', '--quiet', '--message', 'The bot');
    const commit = git('rev-parse', 'HEAD');
    writeFileSync(join(project, 'src/index.ts'), 'export const isChanged = true;');
    assert.match(run().stdout, new RegExp(`\\nVersion \\S+, commit ${commit}-dirty; `));
  });
});
