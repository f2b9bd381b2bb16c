import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readableLine } from '../src/readable-log.ts';

export interface ChildSpec {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /**
   * The line on its standard output that says it is ready. A port alone proves nothing: another program may hold it.
   */
  readonly readyLine: RegExp;
  /** Which lines of its standard output are printed. Standard error always is. */
  readonly isShown: (line: string) => boolean;
}

export interface ChildrenOptions {
  readonly print: (line: string) => void;
  /** Called when a child that was ready ends by itself, with its last lines that were not printed. */
  readonly onDied: (name: string, lastLines: readonly string[]) => void;
}

const READY_TIMEOUT_MS = 60_000;
const KILL_AFTER_MS = 3_000;
const MAX_LAST_LINES = 20;
/** Children inherit only these variables: other settings of the developer's shell must not change the demo. */
const INHERITED = ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR', 'LANG', 'NODE_EXTRA_CA_CERTS'];

/** Child processes that end together. */
export class Children {
  readonly #options: ChildrenOptions;
  readonly #running = new Map<ChildProcess, string>();
  #isClosing = false;

  constructor(options: ChildrenOptions) {
    this.#options = options;
  }

  /**
   * Starts a Node program. Resolves with its ready line. Rejects if it takes longer than a minute, or if it ends first,
   * with its last lines that were not printed.
   */
  async start(spec: ChildSpec): Promise<string> {
    if (this.#isClosing) throw new Error('closing');
    const child = spawn(process.execPath, spec.args, {
      cwd: spec.cwd,
      env: { ...inheritedEnv(), ...spec.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.set(child, spec.name);
    const lastLines: string[] = [];
    const keep = (line: string) => void (lastLines.push(line) > MAX_LAST_LINES && lastLines.shift());
    const show = (line: string) =>
      this.#options.print(`[${spec.name}] ${process.stdout.isTTY ? readableLine(line).trimEnd() : line}`);
    const ready = Promise.withResolvers<string>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (spec.isShown(line)) show(line);
      else keep(line);
      if (spec.readyLine.test(line)) ready.resolve(line);
    });
    createInterface({ input: child.stderr }).on('line', show);
    let isReady = false;
    child.once('error', (error) => keep(error.message));
    child.once('close', () => {
      this.#running.delete(child);
      ready.reject(new Error([`${spec.name} ended before it was ready`, ...lastLines].join('\n  ')));
      if (isReady && !this.#isClosing) this.#options.onDied(spec.name, lastLines);
    });
    const late = setTimeout(() => ready.reject(new Error(`${spec.name} takes too long to start`)), READY_TIMEOUT_MS);
    const line = await ready.promise.finally(() => clearTimeout(late));
    isReady = true;
    return line;
  }

  /** Ends all children: SIGTERM, and SIGKILL after three seconds. Safe to call twice. */
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
}

function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
