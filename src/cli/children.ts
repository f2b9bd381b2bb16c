import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ChildSpec {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Answers with any status once the child is ready. */
  readonly readyUrl: string;
  /** Whether what it prints is shown; its errors always are. */
  readonly isShown: boolean;
}

export interface ChildrenOptions {
  readonly print: (line: string) => void;
  /** Called when a child that was ready ends although nobody asked it to. */
  readonly onDied: (name: string, lastLines: readonly string[]) => void;
}

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 100;
const KILL_AFTER_MS = 3_000;
const KEPT_LINES = 20;
/** Of the surroundings only what a program needs to run: settings of other programs must not leak into these. */
const INHERITED = ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR', 'LANG', 'NODE_EXTRA_CA_CERTS'];

/** Programs that live and end together. */
export class Children {
  readonly #options: ChildrenOptions;
  readonly #running = new Map<ChildProcess, string>();
  #isClosing = false;

  constructor(options: ChildrenOptions) {
    this.#options = options;
  }

  /** Starts a Node program and resolves when it is ready. */
  async start(spec: ChildSpec): Promise<void> {
    if (this.#isClosing) throw new Error('closing');
    const child = spawn(process.execPath, spec.args, {
      cwd: spec.cwd,
      env: { ...inheritedEnv(), ...spec.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.set(child, spec.name);
    const lastLines: string[] = [];
    const keep = (line: string) => void (lastLines.push(line) > KEPT_LINES && lastLines.shift());
    const show = (line: string) => {
      keep(line);
      this.#options.print(`[${spec.name}] ${line}`);
    };
    createInterface({ input: child.stdout }).on('line', spec.isShown ? show : keep);
    createInterface({ input: child.stderr }).on('line', show);
    let isReady = false;
    child.once('error', (error) => keep(error.message));
    child.once('close', () => {
      this.#running.delete(child);
      if (isReady && !this.#isClosing) this.#options.onDied(spec.name, lastLines);
    });
    await this.#whenReady(child, spec, lastLines);
    isReady = true;
  }

  /** Ends all of them, by force where a signal is not enough. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const ends = [...this.#running.keys()].map(async (child) => {
      const force = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      child.kill('SIGTERM');
      await once(child, 'close');
      clearTimeout(force);
    });
    await Promise.all(ends);
  }

  async #whenReady(child: ChildProcess, { name, readyUrl }: ChildSpec, lastLines: readonly string[]): Promise<void> {
    const giveUpAtMs = Date.now() + READY_WITHIN_MS;
    while (this.#running.has(child) && !this.#isClosing) {
      if (await answers(readyUrl)) return;
      if (Date.now() > giveUpAtMs) throw new Error(`${name} does not answer at ${readyUrl}`);
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
    throw new Error([`${name} ended before it was ready`, ...lastLines].join('\n  '));
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
