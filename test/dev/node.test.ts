import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../dev/node.js', import.meta.url));

function launch(program: string) {
  return spawn(process.execPath, [launcher, '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('the launcher of the scripts', () => {
  it('runs a program under a new enough Node, and exits with its code', async () => {
    const child = launch('console.log(process.versions.node); process.exitCode = 7');
    const [version] = await once(createInterface({ input: child.stdout }), 'line');
    const [code] = await once(child, 'close');
    assert.ok(Number.parseInt(String(version), 10) >= 22);
    assert.equal(code, 7);
  });

  it('passes SIGTERM on', { skip: process.platform === 'win32' }, async () => {
    const child = launch(
      "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 9); console.log('ready')",
    );
    await once(createInterface({ input: child.stdout }), 'line');
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    assert.equal(code, 5);
  });
});
