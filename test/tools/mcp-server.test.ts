import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, realpath } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  connected,
  context,
  EVERYTHING,
  everythingOverHttp,
  FILESYSTEM,
  freePort,
  http,
  opened,
  stdio,
  toolOf,
} from './mcp-under-test.ts';

/** Processes are looked up in `/proc`. */
const NO_PROC = process.platform !== 'linux';

describe('an MCP server over stdio', () => {
  it('lists the tools of the everything server, and ignores its hints that they are read-only', async (t) => {
    const server = await connected(t, stdio(EVERYTHING, 'stdio'));
    assert.deepEqual(server.status, { kind: 'connected', unknownNames: [] });
    assert.ok(server.tools.length > 8);
    for (const tool of server.tools) {
      assert.match(tool.name, /^srv__[\w-]+$/);
      assert.equal(tool.approval, 'ask');
      assert.equal(tool.isReadOnly, false);
    }
  });

  it('returns the content and the errors of a tool', async (t) => {
    const server = await connected(t, stdio(EVERYTHING, 'stdio'), { allow: ['echo'] });
    const echo = toolOf(server, 'echo');
    assert.equal(echo.approval, 'never');
    assert.equal((await echo.run({ message: 'hi' }, context())).text, 'Echo: hi');
    await assert.rejects(echo.run({}, context()), { code: 'tool_failed' });
    const image = await toolOf(server, 'get-tiny-image').run({}, context());
    assert.equal(Buffer.from(image.images[0]?.bytes ?? []).toString('latin1', 1, 4), 'PNG');
  });

  it('passes the program only the environment variables of its entry', async (t) => {
    process.env['SECRET_OF_THE_BOT'] = 'x';
    t.after(() => delete process.env['SECRET_OF_THE_BOT']);
    const transport = { ...stdio(EVERYTHING, 'stdio'), env: { NAMED: 'y' } };
    const server = await connected(t, transport);
    const { text } = await toolOf(server, 'get-env').run({}, context());
    const names = Object.keys(JSON.parse(text));
    assert.ok(names.includes('NAMED') && !names.includes('SECRET_OF_THE_BOT'));
  });

  it('writes and reads files with the filesystem server', async (t) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'mcp-')));
    const server = await connected(t, stdio(FILESYSTEM, folder), { readOnly: ['read_text_file'] });
    const write = toolOf(server, 'write_file');
    assert.equal(write.isDestructive, true);
    await write.run({ path: join(folder, 'a.txt'), content: 'hello' }, context());
    const read = toolOf(server, 'read_text_file');
    assert.equal(read.isReadOnly, true);
    assert.match((await read.run({ path: join(folder, 'a.txt') }, context())).text, /hello/);
  });

  it('is down, with a reason, if its program does not exist', async (t) => {
    const server = await connected(t, {
      kind: 'stdio',
      command: '/no/such/program',
      args: [],
      env: {},
      cwd: process.cwd(),
    });
    assert.deepEqual(server.status, { kind: 'down', reason: 'spawn /no/such/program ENOENT' });
    assert.deepEqual(server.tools, []);
  });

  it('ends its program and all processes that the program has started', { skip: NO_PROC }, async (t) => {
    const script = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, [${JSON.stringify(EVERYTHING)}, 'stdio'], { stdio: 'inherit' });
      const idle = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      require('node:fs').writeFileSync(process.argv[1], child.pid + ' ' + idle.pid);
      setInterval(() => {}, 1000);
    `;
    const pids = join(await mkdtemp(join(tmpdir(), 'mcp-')), 'pids');
    const server = await connected(t, stdio('-e', script, pids));
    assert.equal(server.status.kind, 'connected');
    await server.close();
    await server.close();
    // SIGKILL was sent; the kernel may need a moment. A process that stays fails by the test's time limit.
    for (const pid of (await readFile(pids, 'utf8')).split(' ')) while (isRunning(pid)) await new Promise(setImmediate);
  });

  it('reconnects after its program was killed during a call, whose outcome is unknown', {
    skip: NO_PROC,
  }, async (t) => {
    const server = await connected(t, stdio(EVERYTHING, 'stdio'));
    const slow = toolOf(server, 'trigger-long-running-operation');
    const running = slow.run({ duration: 20, steps: 2 }, context());
    const rejected = assert.rejects(running, { code: 'outcome_unknown' });
    // The server reads one call after another, so it has the first one now.
    await toolOf(server, 'echo').run({ message: 'hi' }, context());
    killServers('SIGKILL');
    await rejected;
    await server.connect();
    assert.equal((await toolOf(server, 'echo').run({ message: 'again' }, context())).text, 'Echo: again');
  });

  it('ends a call at its time limit, and on abort with the reason of the signal', async (t) => {
    const server = await connected(t, stdio(EVERYTHING, 'stdio'), { timeoutMs: 300 });
    const slow = toolOf(server, 'trigger-long-running-operation');
    await assert.rejects(slow.run({ duration: 20, steps: 2 }, context()), { code: 'tool_timeout' });
    const stop = new AbortController();
    const running = slow.run({ duration: 20, steps: 2 }, context(stop.signal));
    stop.abort(new Error('stopped'));
    await assert.rejects(running, /^Error: stopped$/);
  });
});

describe('a server that never answers', () => {
  it('does not hold up the shutdown', async (t) => {
    const silentServer = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    t.after(() => silentServer.close());
    await once(silentServer, 'listening');
    const { port } = silentServer.address() as AddressInfo;
    const server = opened(t, http(`http://127.0.0.1:${port}/mcp`));
    const connecting = server.connect();
    await once(silentServer, 'connection');
    const began = performance.now();
    await server.close();
    await connecting;
    // Connecting may take 10 s. Only the closing is measured: under load the start takes seconds.
    assert.ok(performance.now() - began < 8_000);
  });
});

describe('an MCP server over HTTP', () => {
  it('reconnects after it was restarted and has lost the session', async (t) => {
    const port = await freePort();
    const first = await everythingOverHttp(t, port);
    const server = await connected(t, http(first.url));
    const call = async (message: string) => (await toolOf(server, 'echo').run({ message }, context())).text;
    assert.equal(await call('one'), 'Echo: one');
    const echo = toolOf(server, 'echo');
    await first.kill();
    await everythingOverHttp(t, port);
    const both = await Promise.all(['two', 'three'].map((message) => echo.run({ message }, context())));
    assert.deepEqual(
      both.map(({ text }) => text),
      ['Echo: two', 'Echo: three'],
    );
  });

  it('reconnects if it is killed during a call, which ends at its time limit at the latest', async (t) => {
    const port = await freePort();
    const first = await everythingOverHttp(t, port);
    const server = await connected(t, http(first.url), { timeoutMs: 3_000 });
    const running = toolOf(server, 'trigger-long-running-operation').run({ duration: 60, steps: 2 }, context());
    const rejected = assert.rejects(running, ({ code }) => /^(?:tool_timeout|outcome_unknown)$/.test(code));
    const echo = toolOf(server, 'echo');
    await echo.run({ message: 'hi' }, context());
    await first.kill();
    await rejected;
    await everythingOverHttp(t, port);
    await server.connect();
    assert.equal((await echo.run({ message: 'again' }, context())).text, 'Echo: again');
  });

  it('keeps its tools while it is down; their calls fail with tool_unavailable', async (t) => {
    const first = await everythingOverHttp(t, await freePort());
    const server = await connected(t, http(first.url));
    const echo = toolOf(server, 'echo');
    await first.kill();
    const before = server.tools;
    const refused = { code: 'tool_unavailable', message: 'The server "srv" cannot be reached at the moment.' };
    for (const _ of ['while it is lost', 'while it is down'])
      await assert.rejects(echo.run({ message: 'x' }, context()), refused);
    assert.equal(server.status.kind, 'down');
    assert.equal(server.tools, before);
  });
});

/** Ends the everything servers that this process has started. The kernel's own list of children may lack some. */
function killServers(signal: NodeJS.Signals): void {
  const children = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === process.pid);
  const servers = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(EVERYTHING));
  assert.ok(servers.length > 0, 'no server runs');
  for (const pid of servers) process.kill(Number(pid), signal);
}

/** The name in parentheses may hold blanks; the state and the parent follow it. */
function parentOf(pid: string): number {
  try {
    return Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return 0; // it has ended meanwhile
  }
}

/** Not one that has ended, and that its parent has not asked for its exit code. */
function isRunning(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
