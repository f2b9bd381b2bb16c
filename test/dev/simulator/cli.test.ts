import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { COMPILE_CACHE, programFile } from '../../support/programs.ts';
import { audioOf, Client, simulate } from './client.ts';

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [programFile('simulator')], {
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, LOG_LEVEL: 'silent', ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => {
    output.stdout += data;
  });
  child.stderr.on('data', (data) => {
    output.stderr += data;
  });
  return { child, output };
}

/** The address that the entry prints. */
async function addressOf(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout);
  for await (const line of createInterface(child.stdout)) {
    const address = /http:\/\/\S+:\d+/.exec(line);
    if (address !== null) return address[0];
  }
  return assert.fail('no address was printed');
}

describe('npm run simulator', () => {
  it('prints what it is and its address, answers, and exits with code 0 on a signal', async () => {
    const { child, output } = start({ PORT: '0' });
    const exit = once(child, 'exit');
    const url = await addressOf(child);
    const client = await Client.connect(url, Client.PATH, { headers: { 'api-key': 'simulator-key' } });
    const events = await client.ask('say hello');
    assert.ok(audioOf(events).length > 12_000);
    child.kill('SIGTERM');
    assert.deepEqual(await exit, [0, null]);
    assert.match(output.stdout, /This is a SIMULATOR/);
    const lines = [
      'AZURE_OPENAI_DEPLOYMENT_NAME=simulator',
      'AZURE_OPENAI_API_KEY=simulator-key',
      'EXAMPLE_TOOLS=true',
    ];
    assert.ok(output.stdout.includes(['', `AZURE_OPENAI_ENDPOINT=${url}`, ...lines, ''].join('\n')), output.stdout);
    assert.equal(output.stderr, '');
  });

  it('reports in one line that its port is in use', async (t) => {
    const simulator = await simulate([]);
    t.after(() => simulator[Symbol.asyncDispose]());
    const { child, output } = start({ PORT: String(simulator.server.port) });
    assert.deepEqual(await once(child, 'close'), [1, null]);
    assert.match(output.stderr, /^Port \d+ is in use\. Set PORT .*\n$/);
    assert.equal(output.stdout, '');
  });

  it('reports in one line which setting is invalid', async () => {
    const wrong = [
      ['PORT', 'http'],
      ['PORT', '70000'],
      ['LOG_LEVEL', 'loud'],
    ] as const;
    const runs = wrong.map(async ([name, value]) => {
      const { child, output } = start({ [name]: value });
      assert.deepEqual(await once(child, 'close'), [1, null]);
      assert.match(output.stderr, new RegExp(`^${name} is "${value}".*\\n$`));
    });
    await Promise.all(runs);
  });
});
