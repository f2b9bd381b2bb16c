import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { Children, type ChildSpec } from '../../dev/children.ts';
import { freePort } from '../../dev/ports.ts';

async function webServer(name: string, more = ''): Promise<ChildSpec & { readyUrl: string }> {
  const port = await freePort(0);
  const program = `require('node:http').createServer((q, s) => s.end(JSON.stringify({ ...process.env, PID: String(process.pid) }))).listen(${port}, '127.0.0.1', () => console.log('up'));${more}`;
  const readyUrl = `http://127.0.0.1:${port}/`;
  return {
    name,
    args: ['-e', program],
    env: { OWN: 'yes' },
    cwd: tmpdir(),
    readyUrl,
    readyLine: /^up$/,
    isShown: () => false,
  };
}

const quiet = { print: () => {}, onDied: () => {} };

describe('Children', () => {
  it('starts a program, waits for its ready line, and ends it', async () => {
    const children = new Children(quiet);
    const spec = await webServer('one');
    await children.start(spec);
    assert.equal((await fetch(spec.readyUrl)).status, 200);

    await children.close();
    await children.close();
    await assert.rejects(fetch(spec.readyUrl));
  });

  it('passes a program its own settings, and none of the environment', async () => {
    process.env['AZURE_OPENAI_API_KEY'] = 'from outside';
    const children = new Children(quiet);
    try {
      const spec = await webServer('one');
      await children.start(spec);
      const env = (await (await fetch(spec.readyUrl)).json()) as Record<string, string>;
      assert.equal(env['OWN'], 'yes');
      assert.equal(env['AZURE_OPENAI_API_KEY'], undefined);
    } finally {
      delete process.env['AZURE_OPENAI_API_KEY'];
      await children.close();
    }
  });

  it('ends a program that ignores the signal', async () => {
    const children = new Children(quiet);
    const spec = await webServer('deaf', "process.on('SIGTERM', () => {});");
    await children.start(spec);
    await children.close();
    await assert.rejects(fetch(spec.readyUrl));
  });

  it('reports that a program ended before it was ready, with its last lines', async () => {
    const children = new Children(quiet);
    const spec = { ...(await webServer('weak')), args: ['-e', "console.log('farewell'); process.exit(3)"] };
    await assert.rejects(children.start(spec), /weak ended before it was ready\s+farewell/);
    await children.close();
  });

  it('prints the errors of a program once', async () => {
    const printed: string[] = [];
    const children = new Children({ ...quiet, print: (line) => printed.push(line) });
    const spec = { ...(await webServer('weak')), args: ['-e', "console.error('no file'); process.exit(3)"] };
    await assert.rejects(children.start(spec), { message: 'weak ended before it was ready' });
    assert.deepEqual(printed, ['[weak] no file']);
  });

  it('reports that a program ended after it was ready', { skip: process.platform === 'win32' }, async () => {
    const died = Promise.withResolvers<string>();
    const children = new Children({ print: () => {}, onDied: died.resolve });
    const spec = await webServer('mortal', "process.once('SIGUSR2', () => process.exit(3)); ");
    await children.start(spec);
    const { PID } = (await (await fetch(spec.readyUrl)).json()) as { PID?: string };
    process.kill(Number(PID), 'SIGUSR2');
    assert.equal(await died.promise, 'mortal');
    await children.close();
  });
});

describe('freePort', () => {
  it('returns another port if the preferred one is taken', async () => {
    const children = new Children(quiet);
    const spec = await webServer('one');
    await children.start(spec);
    const taken = Number(new URL(spec.readyUrl).port);
    assert.notEqual(await freePort(taken), taken);
    await children.close();
    assert.equal(await freePort(taken), taken);
  });
});
