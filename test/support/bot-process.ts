import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Env } from '../../src/config/env.ts';
import { COMPILE_CACHE, programFile } from './programs.ts';

export type LogLine = Readonly<Record<string, unknown>>;

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface BotProcess extends AsyncDisposable {
  /** All output so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<ProcessEnd>;
  /** Resolves with the first matching log line, past ones included; rejects when the process ends before. */
  whenLogged(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** Resolves with the address once the bot listens. */
  whenListening(): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Closes this end of its output, so that its next line fails. */
  closeOutput(): void;
}

/** The bot's source, for tests of what differs from the packed program. */
export const SOURCE = fileURLToPath(new URL('../../src/index.ts', import.meta.url));

/** The bot as its own process, with only these variables, in an empty directory. */
export function startBotProcess(env: Env, file = programFile('index')): BotProcess {
  const cwd = mkdtempSync(join(tmpdir(), 'bot-process-'));
  const all = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env };
  const bot = spawnBot([process.execPath, file], all, cwd);
  void bot.ended.then(() => rmSync(cwd, { recursive: true }));
  return bot;
}

/** Starts the bot from any command line, such as npm or an unpacked ZIP, with only these variables. */
export function spawnBot([program, ...args]: readonly [string, ...string[]], env: Env, cwd: string): BotProcess {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(program, args, {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const waiters = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
      for (const wake of waiters) wake();
    });
  }
  let end: ProcessEnd | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('close', (code, signal) => {
      end = { code, signal };
      resolve(end);
      for (const wake of waiters) wake();
    });
  });

  const bot: BotProcess = {
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    ended,
    whenLogged(fits) {
      return new Promise((resolve, reject) => {
        const check = () => {
          const found = logLines(output.stdout).find(fits);
          if (found === undefined && end === undefined) return;
          waiters.delete(check);
          if (found !== undefined) resolve(found);
          else
            reject(
              new Error(`ended (${JSON.stringify(end)}) before that was logged:\n${output.stdout}${output.stderr}`),
            );
        };
        waiters.add(check);
        check();
      });
    },
    async whenListening() {
      const { port } = await bot.whenLogged(({ msg }) => String(msg).startsWith('listening'));
      return `http://127.0.0.1:${port}`;
    },
    signal: (signal) => void child.kill(signal),
    closeOutput() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    async [Symbol.asyncDispose]() {
      if (end === undefined) child.kill('SIGKILL');
      await ended;
    },
  };
  return bot;
}

/** Only complete lines: the last one may still be incomplete. */
function logLines(stdout: string): LogLine[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as LogLine];
      } catch {
        return [];
      }
    });
}
