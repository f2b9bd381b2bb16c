import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

interface Run {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

const FILES: Readonly<Record<string, string>> = { chat: 'chat/chat', package: 'packaging/package' };

function run(program: string, args: readonly string[]): Promise<Run> {
  const entry = fileURLToPath(new URL(`../../dev/${FILES[program] ?? program}.ts`, import.meta.url));
  return new Promise((resolve) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const options = { cwd: tmpdir(), env: { PATH, NODE_COMPILE_CACHE, PORT: '0' }, timeout: 30_000 };
    execFile(process.execPath, [entry, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

describe('the programs of the command line', { concurrency: 2 }, () => {
  for (const program of ['demo', 'simulator', 'package']) {
    it(`${program} prints its usage`, async () => {
      const { code, stdout, stderr } = await run(program, ['--help']);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, new RegExp(`^Usage: npm run ${program}.*\\n\\n[^]*--help`));
    });

    it(`${program} rejects an unknown option in one line`, async () => {
      const { code, stdout, stderr } = await run(program, ['--nonsense']);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, new RegExp(`^Unknown option '--nonsense'\\. Usage: npm run ${program}.*\\n$`));
    });
  }

  it('chat rejects an empty file name', async () => {
    const { code, stderr } = await run('chat', ['--wav=']);
    assert.equal(code, 1);
    assert.match(stderr, /^Option '--wav <value>' argument missing\. Usage: npm run chat.*\n$/);
  });

  it('demo rejects an unknown channel, and starts nothing', async () => {
    const { code, stdout, stderr } = await run('demo', ['--channel', 'slack']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^--channel is "slack"; expected one of webchat, msteams\. Usage: npm run demo.*\n$/);
  });
});
