import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { Env } from '../../src/config/env.ts';
import type { Certificate } from '../support/certificate.ts';
import { COMPILE_CACHE, programFile } from '../support/programs.ts';

const SOURCE = fileURLToPath(new URL('../../src/doctor.ts', import.meta.url));
const KEEP_TOKEN = new URL('./keep-bot-token.ts', import.meta.url).href;

/** One line of the output of `--json`. */
export interface Line {
  readonly check: string;
  readonly status: string;
  readonly message: string;
  readonly fix?: string;
}

export interface DoctorResult {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
  /** The whole output. */
  readonly output: string;
}

export interface DoctorOptions {
  readonly args?: readonly string[];
  /** The files in its folder, by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Called with the output so far, whenever there is more. */
  readonly onPrint?: (stdout: string, interrupt: () => void) => void;
}

/** The program as its own process, with only these variables, in its own folder. */
export async function runDoctor(t: TestContext, env: Env, options: DoctorOptions = {}): Promise<DoctorResult> {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  for (const [path, content] of Object.entries(options.files ?? {})) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  // Changes a package before the doctor loads it; a packed one has its own.
  const program = env['TEST_BOT_TOKEN'] === undefined ? [programFile('doctor')] : ['--import', KEEP_TOKEN, SOURCE];
  const child = spawn(process.execPath, [...program, ...(options.args ?? [])], {
    cwd: folder,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  t.after(async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    options.onPrint?.(stdout, () => void child.kill('SIGINT'));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const [code] = await ended;
  return { code, stdout, stderr, output: stdout + stderr };
}

export function linesOf({ stdout }: DoctorResult): readonly Line[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** TLS in front of a plain server, like a tunnel or App Service. Resolves with the https address. */
export async function startTlsFront(t: TestContext, url: string, { key, cert }: Certificate): Promise<string> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<net.Socket>();
  const server = tls.createServer({ key, cert }, (outer) => {
    const inner = net.connect({ host: hostname, port: Number(port) });
    for (const socket of [outer, inner]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => void sockets.delete(socket));
    }
    outer.pipe(inner).pipe(outer);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}
