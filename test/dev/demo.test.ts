import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the demo', () => {
  it('ends if settings are invalid, and reports each problem once', () => {
    const args = ['--import', './src/node-version.js', 'dev/demo.ts'];
    const env = { ...process.env, MCP_CONFIG: 'no-such-file.json' };
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.equal(stdout.match(/MCP_CONFIG names \S*no-such-file\.json, which cannot be read/g)?.length, 1, stdout);
    assert.match(stdout, /The demo could not start: bot ended before it was ready$/m);
  });
});
