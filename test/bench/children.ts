import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

const KILL_AFTER_MS = 2_000;
/** Of the environment only what a program needs to run: no settings, and no compile cache. */
const INHERITED = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];

export interface NodeOptions extends Pick<SpawnOptions, 'cwd' | 'stdio'> {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const running = new Set<ChildProcess>();

/** Node as a process of its own, which ends with the bench at the latest. */
export function spawnNode({ args, env, ...options }: NodeOptions): ChildProcess {
  const child = spawn(process.execPath, args, { ...options, env: { ...inheritedEnv(), ...env } });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends it, by force where a signal is not enough. Safe to call twice. */
export async function stop(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  await exit;
  clearTimeout(force);
}

/** Ends every process that was started. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop));
}

function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
