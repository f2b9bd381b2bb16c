import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import pino from 'pino';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { McpServerSettings, McpTransport } from '../../src/config/mcp-settings.ts';
import { McpServer } from '../../src/tools/mcp/mcp-server.ts';
import type { CallContext, Tool } from '../../src/tools/tool.ts';
import { type ScriptedHttp, startScriptedHttp } from './scripted-http.ts';

const require = createRequire(import.meta.url);
export const EVERYTHING = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');
export const FILESYSTEM = require.resolve('@modelcontextprotocol/server-filesystem/dist/index.js');
export const silent = pino({ level: 'silent' });

export function stdio(...args: string[]): McpTransport {
  return { kind: 'stdio', command: process.execPath, args, env: {}, cwd: process.cwd() };
}

export function http(url: string): McpTransport {
  return { kind: 'http', url, headers: {}, entraScope: undefined };
}

export function settingsOf(transport: McpTransport, more: Partial<McpServerSettings> = {}): McpServerSettings {
  return {
    ...{ name: 'srv', origin: 'host 0', transport, approval: 'always', allow: [], readOnly: [], users: [], scopes: [] },
    ...{ timeoutMs: 5_000, passUser: false },
    ...more,
  };
}

/** A connected server; closed after the test. */
export async function connected(
  t: TestContext,
  transport: McpTransport,
  more: Partial<McpServerSettings> = {},
): Promise<McpServer> {
  const server = opened(t, transport, more);
  await server.connect();
  return server;
}

/** A server that is not connected yet; closed after the test. */
export function opened(
  t: TestContext,
  transport: McpTransport,
  more: Partial<McpServerSettings> = {},
  clock: Clock = systemClock,
  token = async () => 'token',
): McpServer {
  const build = { version: '0', commit: undefined };
  const deps = { clock, log: silent, random: () => 0, tokens: () => token, fetch, build };
  const server = new McpServer(settingsOf(transport, more), deps);
  t.after(() => server.close());
  return server;
}

export function context(signal = new AbortController().signal): CallContext {
  return { signal, locale: undefined, now: 0, timeZone: undefined, userId: 'ada', log: silent };
}

export function toolOf(server: McpServer, name: string): Tool {
  const tool = server.tools.find((each) => each.name === `srv__${name}`);
  if (tool === undefined) throw new Error(`no tool ${name}: ${JSON.stringify(server.status)}`);
  return tool;
}

/**
 * The operating systems give ports above this range to whoever asks for any port, so nobody else takes one of these.
 */
const FIRST_PORT = 20_000;
const PORT_COUNT = 10_000;

/** A port that stays free between two servers. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((closed) => server.close(closed));
    if (isFree) return port;
  }
}

/** The everything server over HTTP, which ends with the test; resolves when it listens. Rejects if it ends before. */
export async function everythingOverHttp(t: TestContext, port: number) {
  const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    ...{ env: { PATH: process.env['PATH'], PORT: String(port) }, stdio: ['ignore', 'pipe', 'pipe'] as const },
  });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  let output = '';
  await new Promise<void>((listening, reject) => {
    void exited.then(() => reject(new Error(`the server has ended: ${output}`)));
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output += chunk;
        if (/listening on port/i.test(output)) listening();
      });
  });
  return { url: `http://127.0.0.1:${port}/mcp`, kill };
}

/** A scripted server over HTTP, which ends with the test. */
export async function startHttp(t: TestContext): Promise<ScriptedHttp> {
  const server = await startScriptedHttp();
  t.after(() => server[Symbol.asyncDispose]());
  return server;
}
