import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { ResponderContext, ScriptedResponse } from '../../dev/simulator/responder.ts';
import { type Script, type ScriptedTurn, scripted } from '../../dev/simulator/script.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import type { Env } from '../../src/config/env.ts';
import { COMPILE_CACHE, programFile } from '../support/programs.ts';

export const PROMPT = 'Enter a message: ';
const TIMEOUT_MS = 30_000;
export const SECRET = 'a-secret-key';

/** The program as a process of its own, with these variables and no others, in an empty folder. */
export class Chat {
  readonly folder = mkdtempSync(join(tmpdir(), 'chat-'));
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #exit: Promise<unknown[]>;
  readonly #onOutput = new Set<() => void>();
  #readTo = 0;
  stdout = '';
  stderr = '';

  constructor(t: TestContext, env: Env, { args = ['--events'], dotEnv }: { args?: string[]; dotEnv?: string } = {}) {
    if (dotEnv !== undefined) writeFileSync(join(this.folder, '.env'), dotEnv);
    this.#child = spawn(process.execPath, [programFile('chat'), ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
      stdio: 'pipe',
    });
    this.#exit = once(this.#child, 'close');
    // A program that ends at once does not read what it is told.
    this.#child.stdin.on('error', () => {});
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name].setEncoding('utf8').on('data', (chunk: string) => {
        this[name] += chunk;
        for (const look of this.#onOutput) look();
      });
    }
    t.after(async () => {
      if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
      await this.#exit;
      rmSync(this.folder, { recursive: true });
    });
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  closeInput(): void {
    this.#child.stdin.end();
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** What is printed from where was read last up to `text`. */
  until(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#onOutput.delete(look);
        act();
      };
      const fail = (why: string) =>
        settle(() => reject(new Error(`${why} without "${text}":\n${this.stdout}${this.stderr}`)));
      const timer = setTimeout(fail, TIMEOUT_MS, `${TIMEOUT_MS} ms went by`);
      const look = () => {
        const at = this.stdout.indexOf(text, this.#readTo);
        if (at < 0) return;
        const read = this.stdout.slice(this.#readTo, at);
        this.#readTo = at + text.length;
        settle(() => resolve(read));
      };
      this.#onOutput.add(look);
      look();
      void this.#exit.then(() => fail('it ended'));
    });
  }

  /** What is printed of one message, until the next one is asked for. */
  async says(line: string): Promise<string[]> {
    this.type(`${line}\n`);
    await this.until(`${line}\n`);
    return (await this.until(PROMPT)).split('\n').slice(0, -1);
  }

  /** The exit code, once all output is here. */
  async ended(): Promise<unknown> {
    const [code] = await this.#exit;
    return code;
  }
}

export interface Model {
  readonly simulator: Simulator;
  readonly script: Script;
  readonly env: Env;
  readonly sessionIds: ReadonlySet<string>;
}

export async function startModel(
  t: TestContext,
  turns: readonly ScriptedTurn[],
  refuse?: SimulatorOptions['refuse'],
): Promise<Model> {
  const script = scripted(turns);
  const sessionIds = new Set<string>();
  const simulator = await startSimulator({
    responder: script.responder,
    voice: toneVoice(),
    paceMs: 0,
    onEvent: (_from, _event, sessionId) => sessionIds.add(sessionId),
    ...(refuse === undefined ? {} : { refuse }),
  });
  t.after(() => simulator.close());
  const env = {
    AZURE_OPENAI_ENDPOINT: simulator.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: SECRET,
  };
  return { simulator, script, env, sessionIds };
}

export function spoken(text: string, pcm: Uint8Array): ScriptedResponse {
  return { outputs: [{ text, pcm }], ending: { kind: 'completed' } };
}

/** Samples of which no two neighbours are equal. */
export function pcm(samples: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: samples * 2 }, (_, index) => (index * 7 + seed) % 251);
}

export function textOf(lines: readonly string[]): string {
  return lines.map((line) => /^Received text delta: (.*)$/s.exec(line)?.[1] ?? '').join('');
}

export function audioBytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Number(/^Received (\d+) bytes of audio data\.$/.exec(line)?.[1] ?? 0), 0);
}

export function saidTo(context: ResponderContext | undefined): string[] {
  return context?.history.map(({ role, text }) => `${role}: ${text}`) ?? [];
}

export const SERVICE_ERROR = { type: 'invalid_request_error', code: 'content_too_odd', message: 'That is too odd.' };

// Each of these starts a process: side by side, they take the time of one.
